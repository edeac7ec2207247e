using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Swarm.Store;

/// <summary>
/// <c>index.db</c>: SQLite in WAL mode, <c>synchronous=NORMAL</c>: a power loss may take the last commits, never the
/// order of them. One connection, one lock.
/// </summary>
internal sealed class SqliteIndex : IPieceIndex
{
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly string _bootId;
    private readonly SqliteCommand _putUnit;
    private readonly SqliteCommand _deleteUnit;
    private readonly SqliteCommand _putContent;

    private SqliteIndex(SqliteConnection connection, string? bootId)
    {
        _connection = connection;
        _bootId = bootId ?? "";
        _putUnit = Prepare(
            "INSERT INTO unit(content, unit, epoch, present, trusted, leaves, sum) VALUES($content, $unit, $epoch, $present, $trusted, $leaves, $sum) "
            + "ON CONFLICT(content, unit) DO UPDATE SET epoch = excluded.epoch, present = excluded.present, trusted = excluded.trusted, leaves = excluded.leaves, sum = excluded.sum",
            "$content", "$unit", "$epoch", "$present", "$trusted", "$leaves", "$sum");
        _deleteUnit = Prepare("DELETE FROM unit WHERE content = $content AND unit = $unit", "$content", "$unit");
        _putContent = Prepare(
            "UPDATE content SET metadata = $metadata, stamp = $stamp, stored_bytes = $bytes, used_unix_ms = $used, sum = $sum WHERE id = $id",
            "$metadata", "$stamp", "$bytes", "$used", "$sum", "$id");
    }

    public long Epoch { get; private set; }

    public bool WasUnclean { get; private set; }

    /// <summary>Opens or makes the index and takes away its clean mark.</summary>
    /// <param name="newerVersion">The schema version if it is newer than ours; the result is then null.</param>
    /// <exception cref="SqliteException">The file cannot be opened or is damaged.</exception>
    public static SqliteIndex? TryOpen(string path, string? bootId, out int newerVersion)
    {
        newerVersion = 0;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
        }.ToString());
        var usable = false;
        try
        {
            connection.Open();
            var version = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
            if (version > IndexSchema.Version)
            {
                newerVersion = version;
                return null;
            }

            Execute(connection, IndexSchema.Create);
            // FULL until the clean mark is gone for certain: everything after may rely on it.
            Execute(connection, "PRAGMA synchronous = FULL");
            if (version == 0)
            {
                using var transaction = connection.BeginTransaction();
                Execute(connection, IndexSchema.Tables, transaction);
                transaction.Commit();
            }

            var index = new SqliteIndex(connection, bootId);
            index.Begin(isNew: version == 0);
            Execute(connection, "PRAGMA synchronous = NORMAL");
            usable = true;
            return index;
        }
        finally
        {
            if (!usable)
            {
                connection.Dispose();
            }
        }
    }

    public IReadOnlyList<ContentRow> LoadContents()
    {
        lock (_gate)
        {
            var rows = new List<ContentRow>();
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT id, key, length, metadata, stamp, stored_bytes, used_unix_ms, sum FROM content";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var row = new ContentRow(
                    reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6));
                if (reader.GetFieldValue<byte[]>(7).AsSpan().SequenceEqual(RowChecksum.OfContent(row.Id, row.Key, row.Length, row.Metadata, row.Stamp)))
                {
                    rows.Add(row);
                }
            }

            return rows;
        }
    }

    public IReadOnlyList<UnitRow> LoadUnits(long contentId)
    {
        lock (_gate)
        {
            var rows = new List<UnitRow>();
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT unit, epoch, present, trusted, leaves, sum FROM unit WHERE content = $content";
            command.Parameters.AddWithValue("$content", contentId);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                if (TryReadUnit(contentId, reader) is { } row)
                {
                    rows.Add(row);
                }
            }

            return rows;
        }
    }

    public long AddContent(string key, long length, long lastUsedUnixMs)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var command = _connection.CreateCommand();
            command.Transaction = transaction;
            // A row whose checksum failed still holds its key: the new content replaces it.
            command.CommandText = "DELETE FROM unit WHERE content IN (SELECT id FROM content WHERE key = $key);"
                + "DELETE FROM content WHERE key = $key;"
                + "INSERT INTO content(key, length, metadata, stamp, stored_bytes, used_unix_ms, sum) VALUES($key, $length, NULL, 0, 0, $used, x'') RETURNING id";
            command.Parameters.AddWithValue("$key", key);
            command.Parameters.AddWithValue("$length", length);
            command.Parameters.AddWithValue("$used", lastUsedUnixMs);
            var id = (long)command.ExecuteScalar()!;
            _putContent.Transaction = transaction;
            Put(new ContentRow(id, key, length, null, 0, 0, lastUsedUnixMs));
            transaction.Commit();
            return id;
        }
    }

    public void RemoveContent(long id)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var command = _connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "DELETE FROM content WHERE id = $id; DELETE FROM unit WHERE content = $id";
            command.Parameters.AddWithValue("$id", id);
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    public void Commit(IndexBatch batch)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            _putUnit.Transaction = _deleteUnit.Transaction = _putContent.Transaction = transaction;
            foreach (var (contentId, row) in batch.Units)
            {
                Put(contentId, row);
            }

            foreach (var row in batch.Contents)
            {
                Put(row);
            }

            transaction.Commit();
        }
    }

    public void MarkClean()
    {
        lock (_gate)
        {
            Execute(_connection, "PRAGMA synchronous = FULL");
            WriteState(clean: true);
            Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _putUnit.Dispose();
            _deleteUnit.Dispose();
            _putContent.Dispose();
            _connection.Dispose();
        }
    }

    private void Begin(bool isNew)
    {
        var state = isNew ? (Epoch: 0, Clean: true, BootId: _bootId) : ReadState();
        WasUnclean = !isNew && (state is not { Clean: true, BootId.Length: > 0 } || state.Value.BootId != _bootId);
        // A state row that cannot be read leaves no epoch to count from: one past every row's own.
        Epoch = WasUnclean ? (state?.Epoch ?? HighestEpoch()) + 1 : state!.Value.Epoch;
        WriteState(clean: false);
        if (WasUnclean && "ok" != (string?)Scalar(_connection, "PRAGMA quick_check(1)"))
        {
            throw new SqliteException("the index is damaged", 11 /* SQLITE_CORRUPT */);
        }
    }

    private (long Epoch, bool Clean, string BootId)? ReadState()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT epoch, clean, boot_id, sum FROM state WHERE id = 1";
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        long epoch = reader.GetInt64(0);
        var clean = reader.GetInt64(1) == 1;
        var bootId = reader.GetString(2);
        return reader.GetFieldValue<byte[]>(3).AsSpan().SequenceEqual(RowChecksum.OfState(epoch, clean, bootId)) ? (epoch, clean, bootId) : null;
    }

    private long HighestEpoch() => Convert.ToInt64(Scalar(_connection, "SELECT COALESCE(MAX(epoch), 0) FROM unit"), CultureInfo.InvariantCulture);

    private static UnitRow? TryReadUnit(long contentId, SqliteDataReader reader)
    {
        try
        {
            long unit = reader.GetInt64(0), epoch = reader.GetInt64(1);
            ulong present = (ulong)reader.GetInt64(2), trusted = (ulong)reader.GetInt64(3);
            var blob = reader.GetFieldValue<byte[]>(4);
            var sum = RowChecksum.OfUnit(contentId, unit, epoch, present, trusted, blob);
            return unit is >= 0 and < int.MaxValue
                && reader.GetFieldValue<byte[]>(5).AsSpan().SequenceEqual(sum)
                && LeafBlob.TryRead(present, blob) is { } leaves
                    ? new UnitRow((int)unit, epoch, present, trusted, leaves)
                    : null;
        }
        catch (InvalidCastException)
        {
            // A flipped type byte: the value is of another type than was written.
            return null;
        }
    }

    private void WriteState(bool clean)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO state(id, epoch, clean, boot_id, sum) VALUES(1, $epoch, $clean, $boot, $sum)";
        command.Parameters.AddWithValue("$epoch", Epoch);
        command.Parameters.AddWithValue("$clean", clean ? 1 : 0);
        command.Parameters.AddWithValue("$boot", _bootId);
        command.Parameters.AddWithValue("$sum", RowChecksum.OfState(Epoch, clean, _bootId));
        command.ExecuteNonQuery();
    }

    private void Put(long contentId, UnitRow row)
    {
        if (row.Present == 0)
        {
            _deleteUnit.Parameters["$content"].Value = contentId;
            _deleteUnit.Parameters["$unit"].Value = row.Unit;
            _deleteUnit.ExecuteNonQuery();
            return;
        }

        var blob = LeafBlob.Write(row.Present, row.Leaves);
        var p = _putUnit.Parameters;
        p["$content"].Value = contentId;
        p["$unit"].Value = row.Unit;
        p["$epoch"].Value = row.Epoch;
        p["$present"].Value = (long)row.Present;
        p["$trusted"].Value = (long)row.Trusted;
        p["$leaves"].Value = blob;
        p["$sum"].Value = RowChecksum.OfUnit(contentId, row.Unit, row.Epoch, row.Present, row.Trusted, blob);
        _putUnit.ExecuteNonQuery();
    }

    private void Put(ContentRow row)
    {
        var p = _putContent.Parameters;
        p["$id"].Value = row.Id;
        p["$metadata"].Value = (object?)row.Metadata ?? DBNull.Value;
        p["$stamp"].Value = row.Stamp;
        p["$bytes"].Value = row.StoredBytes;
        p["$used"].Value = row.LastUsedUnixMs;
        p["$sum"].Value = RowChecksum.OfContent(row.Id, row.Key, row.Length, row.Metadata, row.Stamp);
        _putContent.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
