import { createApp } from './app.ts';
import { servicesOf } from './services.ts';

export default createApp(servicesOf);
