using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>
/// A download to a file: bytes go to <c>FILE.part</c>, a record of what is synced to <c>FILE.part.json</c>, and only a whole
/// download gets the name. A later run goes on where the record ends, if the part still hashes to what the record says.
/// </summary>
internal sealed class PartFile : GetOutput
{
    /// <summary>Between two records: losing two seconds of a download costs nobody much, an fsync does.</summary>
    private static readonly TimeSpan RecordInterval = TimeSpan.FromSeconds(2);

    private readonly FileStream _file;
    private readonly string _path;
    private readonly string _source;
    private readonly TimeProvider _time;
    private long _recordedAt;
    private bool _ended;

    private PartFile(FileStream file, string path, string source, TimeProvider time)
    {
        (_file, _path, _source, _time) = (file, path, source, time);
        _recordedAt = time.GetTimestamp();
    }

    public override bool CanRestart => true;

    public override string Name => _path;

    private string RecordPath => RecordOf(_path);

    public static string PartOf(string path) => path + ".part";

    public static string RecordOf(string path) => path + ".part.json";

    /// <summary>Opens the part, with what an earlier run left in it if that is of the same source. Reads and hashes that first.</summary>
    /// <exception cref="IOException">The folder cannot be written, or another process has the part open.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static async Task<PartFile> OpenAsync(string path, string source, TimeProvider time, CancellationToken cancellation)
    {
        var file = new FileStream(PartOf(path), new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        });
        var part = new PartFile(file, path, source, time);
        try
        {
            if (PartRecord.TryRead(part.RecordPath) is { } record && record.Source == source && record.Bytes <= file.Length)
            {
                await part.ResumeAsync(record, cancellation);
            }
            else
            {
                part.Restart();
            }

            return part;
        }
        catch
        {
            await part.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask FinishAsync(CancellationToken cancellation)
    {
        _file.Flush(flushToDisk: true);
        await _file.DisposeAsync();
        File.Move(PartOf(_path), _path, overwrite: true);
        PrivateFile.TryDelete(RecordPath);
        _ended = true;
    }

    public override void Keep()
    {
        if (_ended)
        {
            return;
        }

        if (Bytes == 0 || Tag is null)
        {
            Discard();
        }
        else
        {
            Record();
        }
    }

    public override void Discard()
    {
        _ended = true;
        PrivateFile.TryDelete(RecordPath);
        PrivateFile.TryDelete(PartOf(_path));
    }

    public override async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (Tag is not null && _time.GetElapsedTime(_recordedAt) > RecordInterval)
        {
            Record();
        }

        await _file.WriteAsync(bytes, cancellation);
    }

    protected override void Rewind()
    {
        PrivateFile.TryDelete(RecordPath);
        _file.SetLength(0);
        _file.Position = 0;
    }

    /// <summary>The bytes first, the record that vouches for them after.</summary>
    private void Record()
    {
        _file.Flush(flushToDisk: true);
        new PartRecord(_source, Tag!, Bytes, Sha256).Write(RecordPath);
        _recordedAt = _time.GetTimestamp();
    }

    private async Task ResumeAsync(PartRecord record, CancellationToken cancellation)
    {
        _file.SetLength(record.Bytes);
        var buffer = new byte[256 << 10];
        while (Bytes < record.Bytes)
        {
            var n = await _file.ReadAsync(buffer, cancellation);
            if (n == 0)
            {
                break;
            }

            Count(buffer.AsSpan(0, n));
        }

        if (Sha256 == record.Sha256)
        {
            ResumedBytes = Bytes;
            Named(record.Tag);
        }
        else
        {
            Restart();
        }
    }
}
