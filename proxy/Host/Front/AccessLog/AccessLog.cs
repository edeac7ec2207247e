using System.Threading.Channels;

namespace Swarm.Proxy.Front;

/// <summary>The access log: a file that only this user reads, written beside the requests. Where the disk cannot follow, lines are dropped and counted, never waited for.</summary>
public sealed class AccessLog : IAsyncDisposable
{
    private const int LinesMax = 8192; // some seconds of a busy proxy, about 2 MiB

    private readonly Channel<AccessEntry> _entries = Channel.CreateBounded<AccessEntry>(new BoundedChannelOptions(LinesMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly StreamWriter _file;
    private readonly bool _json;
    private readonly Task _writing;
    private long _dropped;

    private AccessLog(StreamWriter file, bool json)
    {
        (_file, _json) = (file, json);
        _writing = WriteAsync();
    }

    /// <summary>Lines that did not reach the file.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Appends to the file, which is made if it is not there.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static AccessLog Open(string path, bool json)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new AccessLog(new StreamWriter(path, options), json);
    }

    public void Write(in AccessEntry entry)
    {
        if (!_entries.Writer.TryWrite(entry))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        try
        {
            await _file.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The disk is full: what is lost was counted when it was written.
        }
    }

    private async Task WriteAsync()
    {
        await foreach (var first in _entries.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var entry = first;
            try
            {
                do
                {
                    await _file.WriteLineAsync(_json ? AccessText.Json(entry) : AccessText.Combined(entry)).ConfigureAwait(false);
                }
                while (_entries.Reader.TryRead(out entry));
                await _file.FlushAsync().ConfigureAwait(false);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }
}
