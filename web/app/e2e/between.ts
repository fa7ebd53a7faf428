/** A test that stands between a page and the real hub. */

import type { Page } from 'playwright-core';

/** How the page's line is ended by the test: with a close code and what it says. */
export type End = (code: number, reason: string) => void;

/** From the page's next load on, lets everything pass, and says one more thing of the hub's after its welcome. */
export async function between(page: Page, said: string): Promise<End> {
  let end: End = () => undefined;
  await page.routeWebSocket('**/v1/socket*', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      socket.send(message);
      if (String(message).includes('"welcome"')) socket.send(said);
    });
    end = (code, reason) => void socket.close({ code, reason });
  });
  return (code, reason) => end(code, reason);
}
