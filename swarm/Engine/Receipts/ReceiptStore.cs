using System.Text.Json;
using System.Threading.Channels;

namespace Swarm.Engine.Receipts;

/// <summary>
/// The last 1000 receipts in memory, and all of them as JSON Lines on disk. Adding never waits for the disk and never
/// fails: when the disk cannot take a receipt, memory still has it and <see cref="Trouble"/> says why.
/// </summary>
public sealed class ReceiptStore : IAsyncDisposable
{
    /// <summary>Receipts kept in memory: about 1 MB.</summary>
    public const int Kept = 1000;

    /// <summary>The file moves to <c>receipts.1.jsonl</c> at 8 MiB, some 10,000 receipts.</summary>
    public const long RotateBytes = 8 << 20;

    private readonly Lock _gate = new();
    private readonly List<ReceiptView> _recent = [];
    private readonly Channel<ReceiptView> _toDisk = Channel.CreateBounded<ReceiptView>(
        new BoundedChannelOptions(Kept) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly string? _path;
    private readonly long _rotateBytes;
    private readonly Task _writer;

    private ReceiptStore(string? path, long rotateBytes)
    {
        _path = path;
        _rotateBytes = rotateBytes;
        if (path is not null)
        {
            Load(Rotated(path));
            Load(path);
        }

        _writer = path is null ? Task.CompletedTask : Task.Run(WriteAsync);
    }

    /// <summary>Raised after a receipt was added, on the adding thread; for the event stream and the log.</summary>
    public event Action<ReceiptView>? Added;

    /// <summary>Why the last receipt is not on disk; null while all is well.</summary>
    public string? Trouble { get; private set; }

    /// <param name="directory">The state directory; null keeps receipts in memory alone.</param>
    public static ReceiptStore Open(string? directory, long rotateBytes = RotateBytes) =>
        new(directory is null ? null : Path.Combine(directory, "receipts.jsonl"), rotateBytes);

    public void Add(ReceiptView receipt)
    {
        Remember(receipt);
        if (_path is not null && !_toDisk.Writer.TryWrite(receipt))
        {
            Trouble = "the disk is slower than the receipts";
        }

        Added?.Invoke(receipt);
    }

    /// <summary>The newest first, at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<ReceiptView> Recent(int limit)
    {
        lock (_gate)
        {
            var count = Math.Clamp(limit, 0, Math.Min(Kept, _recent.Count));
            var newest = _recent.GetRange(_recent.Count - count, count);
            newest.Reverse();
            return newest;
        }
    }

    public ReceiptView? Find(string id)
    {
        lock (_gate)
        {
            return _recent.FindLast(receipt => receipt.Id == id);
        }
    }

    /// <summary>Writes what is queued and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _toDisk.Writer.TryComplete();
        await _writer;
    }

    private void Remember(ReceiptView receipt)
    {
        lock (_gate)
        {
            if (_recent.Count >= Kept + Kept / 10)
            {
                // A tenth at a time, so that adding stays O(1) on average.
                _recent.RemoveRange(0, Kept / 10);
            }

            _recent.Add(receipt);
        }
    }

    private void Load(string path)
    {
        try
        {
            foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
            {
                if (Parse(line) is { } receipt)
                {
                    Remember(receipt);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble = e.Message;
        }
    }

    /// <summary>Null for a line torn by a crash or written by a later schema.</summary>
    private static ReceiptView? Parse(string line)
    {
        try
        {
            var receipt = JsonSerializer.Deserialize(line, ReceiptJson.Default.ReceiptView);
            return receipt is { Schema: ReceiptView.SchemaName, Id: not null, Url: not null, Version: not null, BytesBySource: not null,
                Sources: not null, Timings: not null, Stalls: not null, Outcome: not null, Authority: not null } ? receipt : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task WriteAsync()
    {
        var path = _path!;
        FileStream? file = null;
        await foreach (var receipt in _toDisk.Reader.ReadAllAsync())
        {
            try
            {
                file ??= OpenForAppend(path);
                if (file.Length >= _rotateBytes)
                {
                    await file.DisposeAsync();
                    file = null;
                    File.Move(path, Rotated(path), overwrite: true);
                    file = OpenForAppend(path);
                }

                file.Write(JsonSerializer.SerializeToUtf8Bytes(receipt, ReceiptJson.Default.ReceiptView));
                file.WriteByte((byte)'\n');
                if (_toDisk.Reader.Count == 0)
                {
                    file.Flush();
                }

                Trouble = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble = e.Message;
                file = null;
            }
        }

        if (file is not null)
        {
            await file.DisposeAsync();
        }
    }

    /// <summary>Opens for this user alone (URLs are private); a line torn by a crash is closed so that the next stands by itself.</summary>
    private static FileStream OpenForAppend(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }

        return file;
    }

    private static string Rotated(string path) => Path.ChangeExtension(path, ".1.jsonl");
}
