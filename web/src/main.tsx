import './style/tokens.css';
import './style/base.css';
import { render } from 'preact';
import { App } from './app/App';
import { applyTheme } from './app/preferences';
import { preferredLanguage } from './app/preferences';
import { loadTexts } from './text';
import { loadSession } from './app/session';

applyTheme();
await Promise.all([loadTexts(preferredLanguage()), loadSession()]);
render(<App />, document.getElementById('app')!);
