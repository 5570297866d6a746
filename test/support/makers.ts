import { type Call, get, post } from './api.ts';
import { env } from './env.ts';
import { signedInAdmin, signedInAs } from './people.ts';

/** Someone who can help users, and holds nothing that ordinary users could not be given. */
export const helper = () => signedInAs('add_user', 'change_user', 'view_user', 'add_apikey');
export const asAdmin = async (): Promise<Call> => ({ token: (await signedInAdmin()).access });
export const works = async (key: string) => (await get('/users/me/', { key })).status === 200;

/** The makers of a user's password and keys, as stored. */
export async function makersOf(id: number): Promise<{ password: string; keys: string[] }> {
  const [user, keys] = await env.DB.batch<{ maker: string }>([
    env.DB.prepare('select password_set_by as maker from users where id = ?').bind(id),
    env.DB.prepare('select made_by as maker from api_keys where user_id = ? order by id').bind(id),
  ]);
  return { password: user?.results[0]?.maker ?? '', keys: keys?.results.map(({ maker }) => maker) ?? [] };
}

export async function keyMadeBy(as: Call, id: number): Promise<string> {
  const { body } = await post('/api-keys/', { user_id: id }, as);
  return body.key;
}
