/** The demo's own addresses: whom to try, a log-in without a password, the school's clock. `serve` has none of them. */

import { HubProblem, LoggedOut, type Environment, type Role, type TokenSource } from '@preau/client';
import { call, isFields } from './call.ts';

export interface DemoAccount {
  readonly account: string;
  readonly role: Role;
  readonly name: string;
  /** What the classes are called that it teaches or attends, or its children do. */
  readonly classes: readonly string[];
}

export interface DemoClock {
  readonly school_time: number;
  readonly speed: number;
}

export interface Demo extends DemoClock {
  readonly accounts: readonly DemoAccount[];
}

function isClock(value: unknown): value is DemoClock {
  return isFields(value) && typeof value['school_time'] === 'number' && typeof value['speed'] === 'number';
}

function isAccount(value: unknown): value is DemoAccount {
  return (
    isFields(value) &&
    ['account', 'role', 'name'].every((name) => typeof value[name] === 'string') &&
    Array.isArray(value['classes']) &&
    value['classes'].every((title) => typeof title === 'string')
  );
}

function isDemo(value: unknown): value is Demo {
  const accounts = isFields(value) ? value['accounts'] : undefined;
  return isClock(value) && Array.isArray(accounts) && accounts.every(isAccount);
}

function isLogin(value: unknown): value is { readonly token: string } {
  return isFields(value) && typeof value['token'] === 'string';
}

/** The demo, or nothing if the hub is no demo. */
export async function askDemo(environment: Environment): Promise<Demo | undefined> {
  try {
    return await call(environment, 'GET', '/v1/demo', undefined, isDemo);
  } catch (error) {
    if (error instanceof HubProblem && error.status === 404) return undefined;
    throw error;
  }
}

/** Tokens for a demo account. */
export function demoTokens(environment: Environment, account: string): TokenSource {
  return async () => {
    try {
      return (await call(environment, 'POST', '/v1/demo/login', { account }, isLogin)).token;
    } catch (error) {
      if (error instanceof HubProblem && error.status < 500) throw new LoggedOut();
      throw error;
    }
  };
}

/** Sets the school's clock: a civil minute of the school's zone, a speed, or both. */
export function setDemoClock(
  environment: Environment,
  change: { readonly school_time?: string; readonly speed?: number },
): Promise<DemoClock> {
  return call(environment, 'POST', '/v1/demo/clock', change, isClock);
}
