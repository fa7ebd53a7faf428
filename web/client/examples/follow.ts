import { Connection, fromGlobals } from '@preau/client';

export function follow(hub: string, token: string, channel: string): Connection {
  const connection = new Connection({ environment: fromGlobals({ hub }), token: async () => token });
  connection.onState((state) => console.log(state.name));
  connection.subscribe(channel, { last: 50 }, (event) => {
    if (event.type !== 'publication') return;
    const { author, kind, body } = event.publication;
    console.log(author, 'text' in body ? body.text : kind);
  });
  connection.start();
  return connection;
}
