// A real identity provider for tests: `oidc-provider` on a free port of loopback, with one client, the hub.
//
// Arguments: the hub's address for browsers, and the client's secret. It prints `issuer` and its address, then does what the
// lines of its input say and answers each with `done`: `rotate` (other keys), `away` (every connection breaks), `back`.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const [hub, secret] = process.argv.slice(2);
let isAway = false;
let keys = 0;
let answer;

const server = createServer((request, response) => {
  if (isAway) request.socket.destroy();
  else answer(request, response);
});

/** Whoever has logged in has agreed: the hub is the school's own. */
async function agreed({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}

function provide(issuer) {
  keys += 1;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: `key-${keys}`, use: 'sig', alg: 'ES256' };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'preau',
        client_secret: secret,
        redirect_uris: [`${hub}/v1/login/callback`],
        post_logout_redirect_uris: [`${hub}/`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: 'ES256',
        backchannel_logout_uri: `${hub}/v1/login/backchannel`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['of the tests alone'] },
    features: { backchannelLogout: { enabled: true } },
    pkce: { required: () => true },
    // Without the guard that keeps a provider from asking its own machine: the hub is there.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: agreed,
  });
  answer = provider.callback();
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provide(issuer);
  console.log(`issuer ${issuer}`);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line === 'rotate') provide(issuer);
      if (line === 'away' || line === 'back') isAway = line === 'away';
      if (isAway) server.closeAllConnections();
      console.log('done');
    })
    .on('close', () => process.exit());
});
