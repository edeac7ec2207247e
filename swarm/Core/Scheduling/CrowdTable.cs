namespace Swarm.Core;

/// <summary>What the sharing out of an origin keeps beside the sources: this node's key, its upload queue, when to look again.</summary>
internal sealed class CrowdTable
{
    /// <summary>A viewer that fetches claims a cell each second or two, in the largest crowd.</summary>
    private const long HeardMicros = 5_000_000;

    private ulong _ownKey;
    private long _backlogMicros;
    private long _lookAgainMicros;
    private long _cellMicros;
    private long _expectedUntilMicros;
    private bool _isActive;
    private ulong[] _keys = new ulong[16];

    /// <summary>What this node is hashed by; 0 = it takes no part.</summary>
    public ulong OwnKey { get => _ownKey; set => _ownKey = value; }

    /// <summary>How long this node will be sending what peers asked of it.</summary>
    public long BacklogMicros { get => _backlogMicros; set => _backlogMicros = value; }

    /// <summary>Nothing was found to ask for; until then nobody looks again.</summary>
    public long LookAgainMicros { get => _lookAgainMicros; set => _lookAgainMicros = value; }

    /// <summary>How long our own cells took of late, from request to last byte; 0 before the first. The others share the same origin.</summary>
    public long CellMicros => _cellMicros;

    public void CellTook(long micros) => _cellMicros = _cellMicros == 0 ? micros : ((3 * _cellMicros) + micros) / 4;

    /// <summary>Until then other viewers may show themselves, who are on their way.</summary>
    public long ExpectedUntilMicros { get => _expectedUntilMicros; set => _expectedUntilMicros = value; }

    /// <summary>Others serve us who ask an origin too, or are about to: it is asked for cells, not for runs.</summary>
    public bool IsActive { get => _isActive; set => _isActive = value; }

    /// <summary>
    /// The keys of the others that cells are shared with: who serves us and was heard of late. A viewer that is paused or gone without a
    /// word fetches nothing, so nothing is left to it. Scratch: valid until the next call.
    /// </summary>
    public ReadOnlySpan<ulong> Members(SourceTable sources, long nowMicros)
    {
        if (_keys.Length < sources.Slots)
        {
            _keys = new ulong[2 * sources.Slots];
        }

        var count = 0;
        for (var s = 0; s < sources.Slots; s++)
        {
            if (sources[s] is { CrowdRole: >= CrowdRole.Fetches, IsServing: true } source && nowMicros - source.HeardAtMicros < HeardMicros)
            {
                _keys[count++] = source.CrowdKey;
            }
        }

        return _keys.AsSpan(0, count);
    }

    public void Exchange(ref StateCodec codec)
    {
        codec.Value(ref _ownKey);
        codec.Value(ref _backlogMicros);
        codec.Value(ref _lookAgainMicros);
        codec.Value(ref _cellMicros);
        codec.Value(ref _expectedUntilMicros);
        codec.Value(ref _isActive);
    }
}
