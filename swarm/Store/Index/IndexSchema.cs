namespace Swarm.Store;

/// <summary>The tables of <c>index.db</c>, and their version in <c>PRAGMA user_version</c>.</summary>
internal static class IndexSchema
{
    public const int Version = 1;

    // page_size 8192: a full row of leaf hashes is 2.1 KiB and three fit a page, where 4096 would hold one and waste half.
    public const string Create = """
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = WAL;
        """;

    public const string Tables = """
        CREATE TABLE state(
          id      INTEGER PRIMARY KEY CHECK (id = 1),
          epoch   INTEGER NOT NULL,
          clean   INTEGER NOT NULL,
          boot_id TEXT NOT NULL,
          sum     BLOB NOT NULL);
        CREATE TABLE content(
          id           INTEGER PRIMARY KEY AUTOINCREMENT,
          key          TEXT NOT NULL UNIQUE,
          length       INTEGER NOT NULL,
          metadata     TEXT,
          stamp        INTEGER NOT NULL,
          stored_bytes INTEGER NOT NULL,
          used_unix_ms INTEGER NOT NULL,
          sum          BLOB NOT NULL);
        CREATE TABLE unit(
          content INTEGER NOT NULL,
          unit    INTEGER NOT NULL,
          epoch   INTEGER NOT NULL,
          present INTEGER NOT NULL,
          trusted INTEGER NOT NULL,
          leaves  BLOB NOT NULL,
          sum     BLOB NOT NULL,
          UNIQUE (content, unit));
        PRAGMA user_version = 1;
        """;
}
