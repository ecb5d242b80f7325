using Microsoft.Data.Sqlite;

namespace Viaduct.Kube.Server.Store;

/// <summary>One row of the log.</summary>
internal readonly record struct LogRow(long Revision, StoreKey Key, bool Deleted, byte[] Value);

/// <summary>
/// The append-only log in SQLite: one row per revision. Journal mode WAL with synchronous=NORMAL: what was committed survives the
/// death of the process at any moment; a power failure may lose the last commits, but never tears one.
/// </summary>
internal sealed class StoreLog : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _setCompacted;

    private StoreLog(SqliteConnection connection)
    {
        _connection = connection;
        _insert = Prepare("INSERT INTO log(revision, key, deleted, value) VALUES ($revision, $key, $deleted, $value)", "$revision", "$key", "$deleted", "$value");
        _delete = Prepare("DELETE FROM log WHERE revision = $revision", "$revision");
        _setCompacted = Prepare("UPDATE compaction SET revision = $revision", "$revision");
    }

    /// <summary>Revisions up to this one may be missing.</summary>
    public long CompactedRevision { get; private set; }

    public static StoreLog Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
            Execute(connection, """
                CREATE TABLE IF NOT EXISTS log(revision INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, value BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS compaction(id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
                INSERT OR IGNORE INTO compaction(id, revision) VALUES (1, 0);
                """);
            var log = new StoreLog(connection);
            log.CompactedRevision = log.ReadCompacted();
            return log;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>All rows, oldest first.</summary>
    public IEnumerable<LogRow> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT revision, key, deleted, value FROM log ORDER BY revision";
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return new LogRow(reader.GetInt64(0), StoreKey.Parse(reader.GetString(1)), reader.GetBoolean(2), reader.GetFieldValue<byte[]>(3));
    }

    /// <summary>Appends all rows, or none.</summary>
    public void Append(IEnumerable<LogRow> rows)
    {
        using var transaction = _connection.BeginTransaction();
        _insert.Transaction = transaction;
        foreach (var row in rows)
        {
            _insert.Parameters[0].Value = row.Revision;
            _insert.Parameters[1].Value = row.Key.ToString();
            _insert.Parameters[2].Value = row.Deleted ? 1L : 0L;
            _insert.Parameters[3].Value = row.Value;
            _insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    /// <summary>Forgets superseded revisions; <paramref name="compacted"/> is remembered, so that the sequence never goes back.</summary>
    public void Compact(long compacted, IEnumerable<long> superseded)
    {
        using var transaction = _connection.BeginTransaction();
        _delete.Transaction = _setCompacted.Transaction = transaction;
        foreach (var revision in superseded)
        {
            _delete.Parameters[0].Value = revision;
            _delete.ExecuteNonQuery();
        }
        _setCompacted.Parameters[0].Value = compacted;
        _setCompacted.ExecuteNonQuery();
        transaction.Commit();
        CompactedRevision = compacted;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _setCompacted.Dispose();
        _connection.Dispose();
    }

    private long ReadCompacted()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT revision FROM compaction";
        return (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Prepare(string text, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var parameter in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        return command;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
