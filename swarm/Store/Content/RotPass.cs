using Swarm.Core;

namespace Swarm.Store;

/// <summary>
/// Re-hashes what the store keeps while nothing else wants the disk: a block whose bytes changed by themselves is dropped, so that it is
/// fetched again, and people are told. A pass over everything begins at a content of chance and is followed by a day of rest.
/// </summary>
/// <remarks>Steps run on the time provider's timer thread, one at a time.</remarks>
internal sealed class RotPass : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Rest = TimeSpan.FromDays(1);

    /// <summary>The disk is idle when nobody wrote to it or read from it for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly StoreContext _store;
    private readonly Catalogue _catalogue;
    private readonly ContentOpening _opening;
    private readonly Lock _stepping = new();
    private readonly Queue<string> _keys = new();
    private readonly ITimer _timer;
    private readonly int _blocksPerStep;
    private StoredContent? _current;
    private int _next;
    private bool _disposed;

    public RotPass(StoreContext store, Catalogue catalogue, ContentOpening opening)
    {
        _store = store;
        _catalogue = catalogue;
        _opening = opening;
        _blocksPerStep = store.Options.RehashBytesPerSecond / PieceLayout.BlockSize;
        _timer = store.Options.TimeProvider.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Begin()
    {
        if (_blocksPerStep > 0)
        {
            _timer.Change(FirstAfter, Step);
        }
    }

    /// <summary>Waits for the step under way.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_stepping)
        {
            _disposed = true;
            Leave();
        }
    }

    /// <summary>The content is to be forgotten: nothing here holds it when this returns.</summary>
    public void LetGo(string key)
    {
        lock (_stepping)
        {
            if (_current?.Key == key)
            {
                Leave();
            }
        }
    }

    private void OnTimer()
    {
        if (_store.Rehash.IsPaused || !_store.IsQuiet(Quiet) || !_stepping.TryEnter())
        {
            return;
        }

        try
        {
            for (var left = _blocksPerStep; left > 0 && !_disposed && Next(); left--)
            {
            }
        }
        finally
        {
            _stepping.Exit();
        }
    }

    /// <summary>Re-hashes one block; false when the pass is over.</summary>
    private bool Next()
    {
        while (true)
        {
            if (_current is null && !TryBegin())
            {
                return false;
            }

            while (_next < _current!.BlockCount)
            {
                var block = _next++;
                if (_current.HasOwn(block))
                {
                    _store.Rehash.Count(_current.Layout.BlockBytes(block), _current.DropIfRotten(block));
                    return true;
                }
            }

            Leave();
            if (_keys.Count == 0)
            {
                return false;
            }
        }
    }

    private bool TryBegin()
    {
        if (_keys.Count == 0)
        {
            FillKeys();
        }

        while (_keys.TryDequeue(out var key))
        {
            _current = _opening.Peek(key);
            if (_current is not null)
            {
                _next = 0;
                return true;
            }
        }

        return false;
    }

    private void Leave()
    {
        _current?.Dispose();
        _current = null;
        if (_keys.Count == 0 && !_disposed)
        {
            _timer.Change(Rest, Step);
        }
    }

    private void FillKeys()
    {
        string[] keys;
        lock (_catalogue.Gate)
        {
            keys = [.. _catalogue.Contents.Select(static c => c.Key)];
        }

        // A node that is started every morning would else look at the same part of its store for ever.
        var first = keys.Length == 0 ? 0 : (int)(_store.NowUnixMs % keys.Length);
        foreach (var key in keys[first..].Concat(keys[..first]))
        {
            _keys.Enqueue(key);
        }
    }
}
