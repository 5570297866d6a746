/** The names of the columns; one of buttons is named for those who do not see it. */
export const TableHead = ({
  columns,
  hasActions = false,
}: {
  columns: readonly string[];
  hasActions?: boolean;
}) => (
  <thead>
    <tr>
      {columns.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
      {hasActions && (
        <th scope="col">
          <span class="unseen">Actions</span>
        </th>
      )}
    </tr>
  </thead>
);
