import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { accountMemory, browserEnvironment } from './platform/browser.ts';
import { School } from './state/school.ts';

const school = new School(browserEnvironment(), accountMemory);
const target = document.getElementById('app');
if (target) mount(App, { target, props: { school } });
void school.start();
