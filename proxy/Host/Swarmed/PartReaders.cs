using Swarm.Core;
using Swarm.Engine;

namespace Swarm.Proxy.Swarmed;

/// <summary>
/// The readers of one answer: one, or for several parts one after another. A tree that is found false between two parts ends the answer:
/// what it proved has left already, and nothing else may join it.
/// </summary>
/// <remarks>One reading thread.</remarks>
internal sealed class PartReaders(ResourceHandle handle, Func<ByteRange, ResourceReader> open) : IAsyncDisposable
{
    private readonly List<ResourceReader> _all = [];
    private readonly bool _wasFalse = handle.Content.Falsified;

    /// <summary>Those opened so far, in order.</summary>
    public IReadOnlyList<ResourceReader> All => _all;

    public Stream Open(ByteRange range)
    {
        if (_all.Count > 0 && (handle.IsRetired || handle.Content.Falsified != _wasFalse))
        {
            throw new IOException("The file's version ended between two of its parts.");
        }

        var reader = open(range);
        _all.Add(reader);
        return new ReaderStream(reader);
    }

    public void OnClientBlocked(bool blocked)
    {
        if (_all.Count > 0)
        {
            _all[^1].OnClientBlocked(blocked);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _all)
        {
            await reader.DisposeAsync().ConfigureAwait(false);
        }
    }
}
