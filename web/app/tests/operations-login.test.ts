/** Operators who log in with the workspace: inside at once, for longer than a token, and out again. */

import type { HttpRequest } from '@preau/client';
import { describe, expect, test } from 'vitest';

import { Operations } from '../src/state/operations/operations.ts';
import { FakeHub, MOMENT_TEXT } from './fake-hub.ts';

describe('an operator of the workspace', () => {
  const token = (name: string) => [200, { token: name, account: 'o.bernard', expires_at: 1 }] as const;

  async function open(change: (hub: FakeHub) => void = () => undefined) {
    const hub = new FakeHub();
    hub.answers['/v1/login/how'] = [200, { kind: 'oidc', address: 'https://preau.test' }];
    hub.answers['/v1/login/token'] = token('first');
    hub.answers['/v1/logout'] = [200, { ended: 1, leave: 'https://login.test/end' }];
    change(hub);
    const dashboard = new Operations(hub.environment, hub.visit);
    await dashboard.start();
    const inside = () => {
      const { value } = dashboard.view;
      if (value.name !== 'inside') throw new Error(`it is at ${value.name}`);
      return value;
    };
    return { hub, dashboard, inside, view: () => dashboard.view.value };
  }

  const asked = (hub: FakeHub, path: string) => hub.asked.filter(({ url }) => url === `hub:${path}`);

  test('is inside at once, and stays there when the token ends', async () => {
    const { hub, inside } = await open();
    expect(hub.stream.headers).toMatchObject({ authorization: 'Bearer first' });
    expect(asked(hub, '/v1/login/token')[0]).toMatchObject({
      method: 'POST',
      headers: { 'preau-page': '1' },
    });
    hub.tell('moment', MOMENT_TEXT);
    hub.answers['/v1/login/token'] = token('second');
    await hub.world.run(300_000);
    hub.tell('end', '{"why":"token_expired"}');
    await hub.world.run(0);
    expect(hub.stream.headers).toMatchObject({ authorization: 'Bearer second' });
    expect(inside().watch.view.value.moment).toBeDefined();
    inside().watch.stop();
  });

  test('gives an order with another token when the first has ended', async () => {
    const { hub, inside } = await open();
    await hub.world.run(300_000);
    hub.answers['/v1/login/token'] = token('second');
    const path = '/v1/operator/audit?limit=1';
    hub.answers[path] = [401, { code: 'token_expired' }];
    const { request } = hub.environment;
    Object.assign(hub.environment, {
      request: (ask: HttpRequest) => {
        if (ask.headers['authorization'] === 'Bearer second') hub.answers[path] = [200, { entries: [] }];
        return request(ask);
      },
    });
    expect(await inside().office.audit(1)).toEqual([]);
    expect(asked(hub, path)).toHaveLength(2);
    inside().watch.stop();
  });

  test('whose log-in has ended is told so, and a hub that refuses every token is not asked for ever', async () => {
    const { hub, view } = await open();
    hub.answers['/v1/login/token'] = [401, { code: 'token_expired' }];
    await hub.world.run(300_000);
    hub.tell('end', '{"why":"token_expired"}');
    await hub.world.run(0);
    expect(view()).toMatchObject({ name: 'entrance', trouble: 'ended' });
    const other = await open();
    other.hub.stream.listener.refused({ status: 401, text: '{}' });
    await other.hub.world.run(0);
    expect(other.view()).toMatchObject({ name: 'entrance', trouble: 'ended' });
    expect(asked(other.hub, '/v1/login/token')).toHaveLength(1);
  });

  test('who has not logged in is led to the provider, unless the page is under another name', async () => {
    const out = (hub: FakeHub) => (hub.answers['/v1/login/token'] = [401, { code: 'token_missing' }]);
    const { hub, dashboard, view } = await open(out);
    expect(view()).toMatchObject({ name: 'entrance', workspace: { isHere: true }, isEntering: false });
    expect(view()).not.toHaveProperty('trouble');
    dashboard.logIn();
    expect(hub.went).toEqual(['/v1/login']);
    const elsewhere = await open((hub) => (hub.isOfHost = false));
    expect(elsewhere.view()).toMatchObject({ workspace: { address: 'https://preau.test', isHere: false } });
    expect(asked(elsewhere.hub, '/v1/login/token')).toEqual([]);
    const away = await open((hub) => (hub.word = 'away'));
    expect(away.view()).toMatchObject({ name: 'entrance', trouble: 'away' });
  });

  test('who is no operator is told so by name, and logs out of the workspace', async () => {
    const { hub, dashboard, view } = await open((hub) => (hub.status = 403));
    expect(view()).toMatchObject({ trouble: 'not_operator', workspace: { account: 'o.bernard' } });
    expect(hub.streams).toEqual([]);
    await dashboard.logOut();
    expect(hub.went).toEqual(['https://login.test/end']);
    const unknown = await open(
      (hub) => (hub.answers['/v1/login/token'] = [403, { code: 'unknown_account' }]),
    );
    expect(unknown.view()).toMatchObject({ trouble: 'unknown' });
    expect(unknown.view()).not.toHaveProperty('workspace.account');
  });

  test('leaves by logging out, and is not inside again at once if that failed', async () => {
    const { hub, dashboard } = await open();
    await dashboard.leave();
    expect(asked(hub, '/v1/logout')).toHaveLength(1);
    expect(hub.went).toEqual(['https://login.test/end']);
    const failing = await open((hub) => (hub.answers['/v1/logout'] = [503, { code: 'busy' }]));
    await failing.dashboard.leave();
    expect(failing.view()).toMatchObject({ name: 'entrance', trouble: 'unreachable' });
    expect(asked(failing.hub, '/v1/login/token')).toHaveLength(1);
  });
});
