using System.Buffers;
using System.Globalization;
using System.Text;

namespace Swarm.Engine;

/// <summary>
/// What this node has given of each torrent, kept over restarts: a ratio that began anew with each of them would never be reached.
/// One small file, written beside and renamed after fsync: a crash leaves the old one or the new one, a few seconds apart.
/// </summary>
/// <remarks>Thread-safe. One lock guards the table, another the file; accounts count without either.</remarks>
internal sealed class GivenLedger
{
    private const string Header = "swarmstream.given/1";

    /// <summary>Torrents remembered, 600 KiB of file; beyond, those that gave least are forgotten.</summary>
    private const int MaxTorrents = 10_000;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly Lock _gate = new();
    private readonly Lock _fileGate = new();
    private readonly string? _path;
    private readonly Dictionary<string, GivenAccount> _accounts = [];
    private string _written = "";

    private GivenLedger(string? path) => _path = path;

    /// <summary>Reads what was written last. What cannot be read counts as nothing given.</summary>
    /// <param name="path">Null keeps nothing over a restart.</param>
    public static GivenLedger Open(string? path)
    {
        var ledger = new GivenLedger(path);
        foreach (var (infohash, bytes) in Read(path))
        {
            ledger._accounts[infohash] = new(bytes);
        }

        ledger._written = ledger.Text();
        return ledger;
    }

    public GivenAccount Of(string infohash)
    {
        lock (_gate)
        {
            if (!_accounts.TryGetValue(infohash, out var account))
            {
                _accounts[infohash] = account = new(0);
            }

            return account;
        }
    }

    /// <summary>The torrent was thrown away, and its ratio with it.</summary>
    public void Forget(string infohash)
    {
        lock (_gate)
        {
            _accounts.Remove(infohash);
        }
    }

    /// <summary>Writes what changed since the last time.</summary>
    /// <returns>Null, or why it cannot be written.</returns>
    public string? Save()
    {
        if (_path is null)
        {
            return null;
        }

        lock (_fileGate)
        {
            var text = Text();
            if (text == _written)
            {
                return null;
            }

            try
            {
                Replace(_path, text);
                _written = text;
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return e.Message; // tried again with the next change
            }
        }
    }

    private string Text()
    {
        var text = new StringBuilder(Header).Append('\n');
        lock (_gate)
        {
            foreach (var (infohash, account) in _accounts.Where(a => a.Value.Bytes > 0).OrderByDescending(a => a.Value.Bytes).Take(MaxTorrents))
            {
                text.Append(CultureInfo.InvariantCulture, $"{infohash} {account.Bytes}\n");
            }
        }

        return text.ToString();
    }

    private static void Replace(string path, string text)
    {
        var beside = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // it names what this user has
        }

        using (var file = new FileStream(beside, options))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    private static IEnumerable<(string Infohash, long Bytes)> Read(string? path)
    {
        string[] lines;
        try
        {
            lines = path is null || !File.Exists(path) ? [] : File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            lines = [];
        }

        if (lines.FirstOrDefault() != Header)
        {
            yield break;
        }

        foreach (var line in lines.Skip(1).Take(MaxTorrents))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space is 40 or 64 && !line.AsSpan(0, space).ContainsAnyExcept(HexDigits)
                && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            {
                yield return (line[..space], bytes);
            }
        }
    }
}
