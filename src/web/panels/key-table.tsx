import type { ApiKey } from '../answers.ts';
import { Button } from '../parts/button.tsx';
import { Moment } from '../parts/moment.tsx';
import { TableHead } from '../parts/table-head.tsx';

type KeyTableProps = { keys: readonly ApiKey[]; mayRevoke: boolean; onRevoke: (key: ApiKey) => void };

export function KeyTable({ keys, mayRevoke, onRevoke }: KeyTableProps) {
  if (keys.length === 0) return <p class="empty">There is no key.</p>;
  return (
    <table>
      <TableHead columns={['Key', 'Created', 'Last used']} hasActions={true} />
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row" data-label="Key">
              <code>{key.key_preview}</code> {key.name}
            </th>
            <td data-label="Created">
              <Moment at={key.created_at} />
            </td>
            <td data-label="Last used">
              <Moment at={key.last_used_at} />
            </td>
            <td class="end">
              {mayRevoke && (
                <Button label={`Revoke ${key.key_preview}`} onClick={() => onRevoke(key)}>
                  Revoke
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
