namespace Swarm.Diagnostics.Analysis;

/// <summary>One connection over the samples so far: what changed between them, which is what the rules ask about.</summary>
public sealed class SocketTrack
{
    private const long RateSpanMicros = 1_000_000;

    private SocketSample _current;
    private SocketSample _previous;
    private long _lastReadMicros;
    private long _lastReadBeforeMicros;
    private (long AtMicros, long ReadBytes) _rateFrom;
    private (long AtMicros, long ReadBytes) _rateNext;
    private double _segmentBytes;
    private bool _sawSegments;

    public SocketTrack(in SocketSample first)
    {
        _current = first;
        _lastReadMicros = _lastReadBeforeMicros = FirstMicros = first.AtMicros;
        _rateFrom = _rateNext = (first.AtMicros, first.ReadBytes ?? 0);
        _segmentBytes = first.DataSegmentsIn > 0 ? (double)first.BytesReceived / first.DataSegmentsIn : 0;
        Samples = 1;
    }

    public ref readonly SocketSample Current => ref _current;

    public ref readonly SocketSample Previous => ref _previous;

    public int Samples { get; private set; }

    public long FirstMicros { get; }

    /// <summary>What the application read since the previous sample; null where it is not known.</summary>
    public long? ReadBytes { get; private set; }

    /// <summary>Payload and memory that arrived out of order since the previous sample explain a queue without payload.</summary>
    public bool OutOfOrderGrew => Samples > 1 && unchecked(_current.OutOfOrderSegments - _previous.OutOfOrderSegments) is > 0 and < int.MaxValue;

    public bool DataArrived => Samples > 1 && _current.Has(SocketFields.Segments) && _current.DataSegmentsIn != _previous.DataSegmentsIn;

    /// <summary>How much the window clamp raised rcvbuf, all samples together.</summary>
    public long RaisedBytes { get; private set; }

    /// <summary>Collapses inferred from falls of rmem_alloc that no reading explains.</summary>
    public int Collapses { get; private set; }

    public long CollapsedBytes { get; private set; }

    public long RmemAllocMaxBytes { get; private set; }

    /// <summary>What tracing counted; null where nothing was traced on this socket.</summary>
    public SocketTrace? Trace { get; internal set; }

    /// <summary>Memory per byte of payload; null when there is too little payload for a ratio.</summary>
    public double? BloatRatio =>
        _current.PayloadBytes >= Constants.RatioPayloadBytes ? (double)_current.RmemAllocBytes / _current.PayloadBytes : null;

    /// <summary>What a collapse of the whole queue could free.</summary>
    public long ReclaimableBytes =>
        Math.Max(0, _current.RmemAllocBytes - (long)(Constants.BestTruesizePerPayload * _current.PayloadBytes));

    /// <summary>What the application reads, over one to two seconds; null until that is known.</summary>
    public double? ReadBytesPerSecond =>
        _current.ReadBytes is { } read && _current.AtMicros - _rateFrom.AtMicros is var span && span >= RateSpanMicros / 4
            ? Math.Max(0, read - _rateFrom.ReadBytes) * 1e6 / span
            : null;

    /// <summary>How long the application has left data unread. The newest of it is at least as old as the last segment, which a single sample tells too.</summary>
    public long UnreadMicros =>
        _current.PayloadBytes <= 0 ? 0
        : _lastReadMicros > FirstMicros ? _current.AtMicros - _lastReadMicros
        : Math.Max(_current.AtMicros - FirstMicros, _current.Has(SocketFields.Info) && ReadBytes is null or 0 ? _current.SinceDataMicros : 0);

    /// <summary>How long a byte that arrives now waits at the present speed of reading; null when nothing is read.</summary>
    public long? WaitMicros =>
        ReadBytesPerSecond is > 0 and var rate ? (long)Math.Min(_current.PayloadBytes * 1e6 / rate, long.MaxValue / 2) : null;

    /// <summary>The window is shut, or as good as shut, to the sender.</summary>
    public bool WindowShut =>
        _current.Has(SocketFields.Window) && _current.Has(SocketFields.Info)
            ? _current.RcvWndBytes < 2L * _current.RcvMssBytes
            : _current.RmemAllocBytes >= _current.RcvbufBytes * 9 / 10;

    /// <summary>Memory the path can use: what it delivers in a round trip, as memory.</summary>
    public long NeededBytes
    {
        get
        {
            var delivered = (ReadBytesPerSecond ?? 0) * _current.RcvRttMicros / 1e6;
            return (long)(Math.Max(_current.RcvSpaceBytes, delivered) / Constants.ScalingRatio);
        }
    }

    /// <summary>Truesize of a typical skb of this queue: of those that collapses removed, where tracing saw any.</summary>
    public long TruesizeBytes => Math.Clamp(
        Trace is { SkbsRemoved: > 0, FreedBytes: > 0 } trace ? trace.FreedBytes / trace.SkbsRemoved
            : !_sawSegments && BloatRatio > Constants.SmallSegmentsRatio ? Constants.SmallestTruesizeBytes
            : (long)(_segmentBytes * (BloatRatio ?? 1)),
        Constants.SmallestTruesizeBytes,
        Constants.CollapsedTruesizeBytes);

    /// <summary>Takes the next sample in.</summary>
    /// <param name="hostCollapsed">How many skbs the machine collapsed since the previous sample; null where no counter tells.</param>
    /// <param name="isTraced">Collapses are counted by tracing, so none is inferred.</param>
    public void Add(in SocketSample next, long? hostCollapsed, bool isTraced)
    {
        _previous = _current;
        _current = next;
        Samples++;
        RmemAllocMaxBytes = Math.Max(RmemAllocMaxBytes, next.RmemAllocBytes);
        ReadBytes = next.ReadBytes - _previous.ReadBytes;
        FollowReading();
        FollowSegments();
        if (next.Has(SocketFields.Memory) && _previous.Has(SocketFields.Memory))
        {
            FollowClamp();
            if (!isTraced)
            {
                FollowCollapse(hostCollapsed);
            }
        }
    }

    private void FollowReading()
    {
        if (ReadBytes is > 0)
        {
            _lastReadBeforeMicros = _lastReadMicros;
            _lastReadMicros = _current.AtMicros;
        }
        else if (ReadBytes is < 0)
        {
            // The kernel reads the payload before bytes_received: a segment between the two looked like a read, and was none.
            _lastReadMicros = _lastReadBeforeMicros;
            ReadBytes = 0;
        }

        if (_current.ReadBytes is { } read && _current.AtMicros - _rateNext.AtMicros >= RateSpanMicros)
        {
            _rateFrom = _rateNext;
            _rateNext = (_current.AtMicros, read);
        }
    }

    /// <summary>Payload of a segment, of those that are in the queue: what arrived weighs as much as it is of what waits, so that years of bulk do not hide what fills it now.</summary>
    private void FollowSegments()
    {
        var segments = unchecked(_current.DataSegmentsIn - _previous.DataSegmentsIn);
        if (segments is > 0 and < int.MaxValue && _current.BytesReceived > _previous.BytesReceived)
        {
            var arrived = (double)(_current.BytesReceived - _previous.BytesReceived);
            _sawSegments = true;
            var weight = arrived / Math.Max(arrived, _current.PayloadBytes);
            _segmentBytes += ((arrived / segments) - _segmentBytes) * weight;
        }
    }

    private void FollowClamp()
    {
        var grown = _current.RcvbufBytes - _previous.RcvbufBytes;
        // Autotuning grows only where the application reads, and for data out of order; the clamp sets rcvbuf to rmem_alloc.
        var full = _current.RmemAllocBytes >= _current.RcvbufBytes * 8 / 10;
        if (grown > 0 && full && ReadBytes is { } read && read < Math.Max(1, _previous.RcvSpaceBytes) && !OutOfOrderGrew)
        {
            RaisedBytes += grown;
        }
    }

    private void FollowCollapse(long? hostCollapsed)
    {
        if (ReadBytes is not { } read || hostCollapsed is 0 || _previous.RmemAllocBytes < Constants.WorthBytes)
        {
            return;
        }

        // Reading frees memory too, at most in proportion; where much was read the proportion is a guess, so nothing is said.
        var explained = _previous.PayloadBytes > 0 ? (double)read * _previous.RmemAllocBytes / _previous.PayloadBytes : 0;
        var freed = _previous.RmemAllocBytes - _current.RmemAllocBytes - (long)explained;
        if (freed > _previous.RmemAllocBytes / 4 && read <= _previous.PayloadBytes / 4)
        {
            Collapses++;
            CollapsedBytes += freed;
        }
    }
}
