using System.Security.Cryptography;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// Trees that lied: (URL, validator, infohash) never joins again. Kept over restarts as one SHA-256 each, so that the file tells nobody
/// what was looked at. Thread-safe, bounded.
/// </summary>
internal sealed class Quarantine
{
    private const int Capacity = 4_096;
    private const string FileName = "quarantine";

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly HashSet<Hash256> _entries = [];
    private readonly Queue<Hash256> _order = new();
    private readonly List<Hash256> _unsaved = [];
    private readonly string? _path;

    /// <param name="folder">Where it is kept; null for no longer than the process lives.</param>
    public Quarantine(string? folder)
    {
        _path = folder is null ? null : Path.Combine(folder, FileName);
        try
        {
            Load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without it a tree that lied may join once more, and falsifies itself again.
        }
    }

    public void Add(string url, string validator, string infohash)
    {
        lock (_gate)
        {
            var entry = EntryOf(url, validator, infohash);
            if (Add(entry) && _path is not null)
            {
                _unsaved.Add(entry);
            }
        }
    }

    public bool Contains(string url, string validator, string infohash)
    {
        lock (_gate)
        {
            return _entries.Contains(EntryOf(url, validator, infohash));
        }
    }

    /// <summary>Writes what is new to the disk. Waits for it; under no lock of others.</summary>
    public void Save()
    {
        lock (_writing)
        {
            byte[] bytes;
            lock (_gate)
            {
                bytes = Bytes(_unsaved);
                _unsaved.Clear();
            }

            if (bytes.Length == 0)
            {
                return;
            }

            try
            {
                using var file = new FileStream(_path!, FileMode.Append, FileAccess.Write, FileShare.Read);
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // As when it cannot be loaded.
            }
        }
    }

    private static Hash256 EntryOf(string url, string validator, string infohash) =>
        Hash256.Read(SHA256.HashData(Encoding.UTF8.GetBytes($"{url}\n{validator}\n{infohash}")));

    private static byte[] Bytes(IReadOnlyCollection<Hash256> entries)
    {
        var bytes = new byte[entries.Count * Hash256.Size];
        var at = 0;
        foreach (var entry in entries)
        {
            entry.Write(bytes.AsSpan(at));
            at += Hash256.Size;
        }

        return bytes;
    }

    private bool Add(Hash256 entry)
    {
        if (!_entries.Add(entry))
        {
            return false;
        }

        _order.Enqueue(entry);
        if (_order.Count > Capacity)
        {
            _entries.Remove(_order.Dequeue());
        }

        return true;
    }

    private void Load()
    {
        if (!File.Exists(_path))
        {
            return;
        }

        var bytes = File.ReadAllBytes(_path);
        var whole = bytes.Length / Hash256.Size * Hash256.Size;
        for (var at = 0; at < whole; at += Hash256.Size)
        {
            Add(Hash256.Read(bytes.AsSpan(at, Hash256.Size)));
        }

        // A torn end would shift every entry behind it; and what is forgotten need not be read each time.
        if (whole != bytes.Length || whole > 2 * Capacity * Hash256.Size)
        {
            var fresh = _path + ".new";
            File.WriteAllBytes(fresh, Bytes(_order));
            File.Move(fresh, _path, overwrite: true);
        }
    }
}
