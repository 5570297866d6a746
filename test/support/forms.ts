export type FormField = [name: string, value: string | File];
export type Encoded = { body: Uint8Array; contentType: string };

/** A JSON body as a form tells it: a list by repeating its name, an object as JSON text. */
export const formFields = (body: Record<string, unknown>): FormField[] =>
  Object.entries(body).flatMap(([name, value]): FormField[] =>
    Array.isArray(value) ? value.map((item): FormField => [name, formText(item)]) : [[name, formText(value)]],
  );

const formText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

export async function multipart(fields: readonly FormField[]): Promise<Encoded> {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return encoded(new Response(form));
}

export async function urlencoded(fields: readonly FormField[]): Promise<Encoded> {
  const parameters = new URLSearchParams();
  for (const [name, value] of fields) parameters.append(name, String(value));
  return encoded(new Response(parameters));
}

const encoded = async (response: Response): Promise<Encoded> => ({
  contentType: response.headers.get('Content-Type') ?? '',
  body: new Uint8Array(await response.arrayBuffer()),
});
