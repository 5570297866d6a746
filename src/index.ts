import { createApp } from './app.ts';
import { measured, servicesOf } from './services.ts';

export default createApp(servicesOf, measured);
