using System.Text.Json;
using Swarm.Core;
using Swarm.Store;

namespace Swarm.Engine;

/// <summary>
/// The resource versions of this node by URL: at most one is current for each (URL, coding); an older one lives on only for
/// the responses that still read it. Not thread-safe: guarded by the engine's lock.
/// </summary>
internal sealed class VersionCatalog(EngineContext context, PieceStore? store)
{
    /// <summary>Permits and clients are remembered 10 min; after that an unused version only lies in the store.</summary>
    private const long KeepMicros = 600_000_000;

    private readonly Dictionary<string, ResourceHandle> _byKey = [];
    private readonly Dictionary<string, ResourceHandle> _current = [];

    /// <summary>Versions of earlier runs, or of more than 10 minutes ago: their bytes lie in the store, unpinned.</summary>
    private readonly Dictionary<string, ResourceVersion> _stored = [];

    /// <summary>Contradicted versions whose last responses still run; then their stored bytes go.</summary>
    private readonly List<ResourceHandle> _retired = [];

    public IEnumerable<ResourceHandle> All => _byKey.Values;

    /// <summary>The version that the URL's last answer named, if it is known and not retired.</summary>
    public ResourceHandle? Current(string url, string coding)
    {
        var place = url + "\n" + coding;
        if (_current.TryGetValue(place, out var handle))
        {
            return handle.IsRetired ? null : handle;
        }

        return _stored.Remove(place, out var version) ? Name(version) : null;
    }

    /// <summary>The handle for a version that the origin just named; it becomes the current one of its URL.</summary>
    public ResourceHandle Name(ResourceVersion version)
    {
        var key = version.StoreKey;
        if (!_byKey.TryGetValue(key, out var handle) || handle.IsRetired)
        {
            var tainted = _retired.Any(r => r.Version.StoreKey == key);
            var stored = version.Validator is null || tainted ? null : store?.Open(key, version.Length);
            stored?.SetMetadata(StoredVersion.From(version).ToJson());
            handle = new(new FileContent(version with { Infohash = null, Authority = Baseline(version) }, stored, context.Metrics, context.Backlog, context.Options.MemoryBytes / 4));
            _byKey[key] = handle;
            if (stored is not null)
            {
                ProveSuspects(stored);
            }
        }

        if (version.Shareable && !handle.Version.Shareable)
        {
            handle.Content.RaiseShareable();
        }

        var place = version.Url + "\n" + version.ContentCoding;
        handle.LastUsed = context.Now;
        _current[place] = handle;
        _stored.Remove(place);
        return handle;
    }

    /// <summary>Learns the versions of earlier runs, so that a known URL is probed rather than fetched whole.</summary>
    public void LoadFromStore()
    {
        foreach (var summary in store?.Contents() ?? [])
        {
            if (StoredVersion.TryParse(summary.Metadata)?.ToVersion() is { } v && v.StoreKey == summary.Key)
            {
                _stored[v.Url + "\n" + v.ContentCoding] = v;
            }
        }
    }

    /// <summary>A contradicted version: forget it and throw its stored bytes away once its last response ended.</summary>
    public void Retire(ResourceHandle handle)
    {
        var version = handle.Version;
        _byKey.Remove(version.StoreKey);
        _current.Remove(version.Url + "\n" + version.ContentCoding);
        _retired.Add(handle);
    }

    /// <summary>The origin denied these credentials, or named another version to them: no permit of theirs for this URL stands, whatever version it was for.</summary>
    public void Revoke(string url, string credentialsKey)
    {
        foreach (var handle in _byKey.Values.Where(h => h.Version.Url == url))
        {
            handle.Revoke(credentialsKey);
        }
    }

    /// <summary>Throws away what contradicted versions left in the store; at the end, when no response reads them any more.</summary>
    public void DropRetired()
    {
        foreach (var handle in _retired)
        {
            handle.Content.Release();
            store?.Delete(handle.Version.StoreKey);
        }

        _retired.Clear();
    }

    /// <summary>Lets go of versions that nobody used for a while. Their URLs stay known as long as the store has bytes of them.</summary>
    public void Sweep()
    {
        var now = context.Now;
        foreach (var handle in _retired.Where(r => r.Content.Readers.Length == 0).ToArray())
        {
            handle.Content.Release();
            // False where nothing was ever stored: gone is gone.
            store?.Delete(handle.Version.StoreKey);
            _retired.Remove(handle);
        }

        foreach (var (key, handle) in _byKey.Where(p => p.Value.Content.Attachment is null && now - p.Value.LastUsed > KeepMicros).ToArray())
        {
            var place = handle.Version.Url + "\n" + handle.Version.ContentCoding;
            _byKey.Remove(key);
            _current.Remove(place);
            handle.Content.Release();
            if (store is not null && handle.Version.Validator is not null)
            {
                _stored[place] = handle.Version with { Infohash = null, Authority = Authority.None };
            }
        }
    }

    /// <summary>After an unclean end a content in use is proved before the others.</summary>
    private static void ProveSuspects(StoredContent stored)
    {
        var suspects = stored.SuspectRuns();
        if (suspects.Count == 0)
        {
            return;
        }

        _ = Task.Run(() =>
        {
            foreach (var run in suspects)
            {
                for (var block = run.First; block < run.End; block++)
                {
                    stored.Verify(block);
                }
            }
        });
    }

    private static Authority Baseline(ResourceVersion version) =>
        version.Url.StartsWith("https:", StringComparison.Ordinal) ? Authority.OwnTlsFetch : Authority.OwnCleartextFetch;
}

/// <summary>What the store keeps of a version beside its bytes.</summary>
internal sealed record StoredVersion(string Url, string Coding, string? ETag, string? LastModified, long Length, bool Shareable)
{
    public static StoredVersion From(ResourceVersion v) => new(v.Url, v.ContentCoding, v.Validator?.ETag, v.Validator?.LastModified, v.Length, v.Shareable);

    public ResourceVersion? ToVersion() => ETag is null && LastModified is null
        ? null
        : new(Url, Coding, new(ETag, LastModified), Length, null, Authority.None, Shareable);

    public string ToJson() => JsonSerializer.Serialize(this, EngineJson.Default.StoredVersion);

    public static StoredVersion? TryParse(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, EngineJson.Default.StoredVersion);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
