import { fromGlobals } from '@preau/client';
import { mount } from 'svelte';
import Operations from './Operations.svelte';
import './app.css';
import './operations.css';
import { isOfHost, visit } from './platform/address.ts';
import { preferredLanguage } from './platform/browser.ts';
import { theme } from './platform/theme.svelte.ts';
import { words } from './platform/words.svelte.ts';
import { Operations as Dashboard } from './state/operations/operations.ts';

const dashboard = new Dashboard(fromGlobals(), { ...visit, isOfHost });

theme.begin();
void words.speak(preferredLanguage()).then(() => {
  const target = document.getElementById('app');
  if (target) mount(Operations, { target, props: { dashboard } });
});
void dashboard.start();
