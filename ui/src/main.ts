import { mount } from 'svelte';
import App from './App.svelte';
import { tauriHost } from './host/tauri';
import './styles/tokens.css';
import './styles/base.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

if (import.meta.env.DEV && !('__TAURI_INTERNALS__' in window)) {
  // A browser has no program behind the page: development there uses the gallery's states.
  location.replace(`/gallery.html${location.search}`);
} else {
  mount(App, { target, props: { host: tauriHost } });
}
