using System.Collections.Concurrent;

namespace Swarm.Store;

/// <summary>Which content was lent which file of the user's.</summary>
/// <remarks>Any thread, no lock.</remarks>
internal sealed class Adoptions
{
    private readonly ConcurrentDictionary<string, AdoptedFile> _byKey = new(StringComparer.Ordinal);

    public AdoptedFile? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>Lends the file in place of an earlier one, which is returned.</summary>
    public AdoptedFile? Lend(string key, AdoptedFile file)
    {
        var before = Find(key);
        _byKey[key] = file;
        return before;
    }

    public AdoptedFile? TakeBack(string key) => _byKey.TryRemove(key, out var file) ? file : null;
}
