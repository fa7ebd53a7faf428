import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { accountMemory, browserEnvironment, doorMemory, preferredLanguage } from './platform/browser.ts';
import { words } from './platform/words.svelte.ts';
import { School } from './state/school.ts';

const school = new School(
  browserEnvironment(),
  accountMemory,
  doorMemory,
  () => import('./platform/visit.ts'),
);
// Before the room is shown: its times are those of its school.
school.view.subscribe((view) => {
  if (view.name === 'inside') words.zone = view.room.zone;
});

// Not awaited as a module: what is fetched later imports from this one.
void words.speak(preferredLanguage()).then(() => {
  const target = document.getElementById('app');
  if (target) mount(App, { target, props: { school } });
});
void school.start();
