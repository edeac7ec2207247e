using Swarm.Core;

namespace Swarm.Simulation;

/// <summary>
/// A client on a byte clock: takes what is released until its buffer is full, starts to play with 2 s of media, stalls when empty
/// and resumes with half a second or as planned. With no play rate it takes everything at once.
/// </summary>
internal sealed class SimReader(IReaderHost world, int id, ReaderPlan plan)
{
    private const long TickMicros = 20_000;
    private const long ReportMicros = 100_000;
    private const long ReportBytes = 256 << 10;
    private readonly ReaderMetrics _metrics = new();
    private long _position;
    private long _playedByte;
    private long _lastClockMicros;
    private long _reportedAtMicros;
    private long _reportedByte = -1;
    private bool _reportedWaiting;
    private bool _playing;
    private bool _stalled;
    private long _waitsSinceMicros;

    public int Id => id;
    public bool Open { get; private set; }
    public bool Waiting { get; private set; }
    public bool Finished { get; private set; }
    public ReaderMetrics Metrics => _metrics;

    /// <summary>It went away by plan, not for want of bytes.</summary>
    public bool Left => plan.ClosesAtMicros < long.MaxValue;
    public long WaitsSinceMicros => Waiting ? _waitsSinceMicros : world.Queue.NowMicros;
    public int HeadBlock => (int)(_position / PieceLayout.BlockSize);
    public int EndBlock => (int)((plan.ToByte + PieceLayout.BlockSize - 1) / PieceLayout.BlockSize);
    public int FileStartBlock => world.Layout.Files[world.Layout.FileOf(HeadBlock)].FirstBlock;
    public int FileEndBlock => world.Layout.Files[world.Layout.FileOf(HeadBlock)].Blocks.End;

    private long BufferBytes => plan.BytesPerSecond == 0 ? long.MaxValue / 4 : plan.BytesPerSecond * plan.BufferSeconds;

    public void Start()
    {
        _position = _playedByte = plan.FromByte;
        world.Queue.At(plan.OpensAtMicros, () => world.Permit(this, OnOpened));
        if (plan.ClosesAtMicros < long.MaxValue)
        {
            world.Queue.At(plan.ClosesAtMicros, Close);
        }
    }

    /// <summary>A block was admitted, or time passed.</summary>
    public void Pump()
    {
        if (!Open)
        {
            return;
        }

        RunClock();
        var available = world.ReleasedUntil(_position, plan.ToByte);
        var take = Math.Min(available - _position, _playedByte + BufferBytes - _position);
        if (take > 0)
        {
            world.CheckRelease(_position, take);
            _position += take;
            _metrics.TakenBytes += take;
            _metrics.FirstByteMicros = _metrics.FirstByteMicros < 0 ? world.Queue.NowMicros - plan.OpensAtMicros : _metrics.FirstByteMicros;
        }

        var waits = _position < plan.ToByte && _position < _playedByte + BufferBytes;
        if (waits && !Waiting)
        {
            _waitsSinceMicros = world.Queue.NowMicros;
        }

        if (take > 0)
        {
            _waitsSinceMicros = world.Queue.NowMicros;
        }

        Waiting = waits;
        StartPlaying();
        Report();
        if (_position >= plan.ToByte)
        {
            Finish();
        }
    }

    private void OnOpened()
    {
        Open = true;
        Waiting = true;
        _waitsSinceMicros = _lastClockMicros = world.Queue.NowMicros;
        world.Send(new(EventKind.ReaderOpened, default, id, (int)ReaderHint.Unknown, plan.FromByte, plan.ToByte));
        Tick();
    }

    private void Tick()
    {
        if (Open)
        {
            Pump();
            world.Queue.After(TickMicros, Tick);
        }
    }

    private void RunClock()
    {
        var now = world.Queue.NowMicros;
        var passed = now - _lastClockMicros;
        _lastClockMicros = now;
        if (!_playing || plan.BytesPerSecond == 0)
        {
            return;
        }

        if (_stalled)
        {
            _metrics.StalledMicros += passed;
            return;
        }

        var plays = Math.Min(passed * plan.BytesPerSecond / 1_000_000, _position - _playedByte);
        _playedByte += plays;
        var playedMicros = plays * 1_000_000 / plan.BytesPerSecond;
        _metrics.PlayedMicros += playedMicros;
        if (_playedByte >= _position && _position < plan.ToByte)
        {
            _stalled = true;
            _metrics.Stalls++;
            _metrics.StalledMicros += passed - playedMicros;
        }
    }

    private void StartPlaying()
    {
        var held = _position - _playedByte;
        var all = _position >= plan.ToByte;
        if (!_playing && (all || (plan.BytesPerSecond > 0 && held >= 2 * plan.BytesPerSecond)))
        {
            _playing = true;
            _metrics.StartupMicros = world.Queue.NowMicros - plan.OpensAtMicros;
        }

        if (_stalled && (all || held >= plan.BytesPerSecond * plan.ResumeMillis / 1000))
        {
            _stalled = false;
        }
    }

    private void Report()
    {
        var now = world.Queue.NowMicros;
        if (Waiting != _reportedWaiting || _position - _reportedByte >= ReportBytes || (_position > _reportedByte && now - _reportedAtMicros >= ReportMicros))
        {
            _reportedWaiting = Waiting;
            _reportedByte = _position;
            _reportedAtMicros = now;
            world.Send(new(EventKind.ReaderAdvanced, default, id, 0, _position, Waiting ? 1 : 0));
        }
    }

    private void Finish()
    {
        _metrics.Complete = true;
        _metrics.PlayedMicros = plan.BytesPerSecond == 0 ? 0 : (plan.ToByte - plan.FromByte) * 1_000_000 / plan.BytesPerSecond;
        Close();
    }

    private void Close()
    {
        if (Finished)
        {
            return;
        }

        Finished = true;
        if (Open)
        {
            RunClock();
            Open = false;
            Waiting = false;
            world.Send(new(EventKind.ReaderClosed, default, id));
            world.ReaderGone(this);
        }
    }
}
