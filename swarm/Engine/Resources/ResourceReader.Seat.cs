using Swarm.Core;

namespace Swarm.Engine;

// Its place in a loop: taken, changed, and told where the client stands.
public sealed partial class ResourceReader
{
    /// <summary>Registers with the content and, through it, with its loop.</summary>
    internal void Open(OriginSource? origin)
    {
        Origin = origin;
        Content.AddReader(this);
        if (Content.Falsified)
        {
            OnFalsified(); // it happened between the permission and here
        }

        if (Content.Attachment is { } at)
        {
            MoveTo(at);
        }
    }

    /// <summary>
    /// Takes part in a loop from now on, and no longer in the one before. A reader counts in exactly one loop, and in none
    /// once it is closed. Inside the engine's lock.
    /// </summary>
    internal void MoveTo(Attachment at)
    {
        Attachment? left;
        lock (_seatGate)
        {
            if (_closed || _seat == at)
            {
                return;
            }

            (left, _seat) = (_seat, at);
        }

        if (left is not null)
        {
            // The origin first: told that its reader is gone, the loop would cancel a run that goes on elsewhere.
            Origin?.LeaveLoop(left);
            PostClosed(left);
            CountNoLonger(left);
        }

        if (at.Beside is { } place)
        {
            place.Loop.OnReaderOpened();
            if (at.Holder is { } host)
            {
                BeGuestOf(host);
            }
        }

        at.Loop.OnReaderOpened();
        Origin?.JoinLoop(at);
        lock (_seatGate)
        {
            if (_seat == at && !_needsNothing)
            {
                PostOpened(at);
                if (at.Beside is { } beside)
                {
                    PostOpened(beside);
                }

                _announcedPosition = -1;
                Announce(takes: _announcedTakes);
            }
        }
    }

    /// <summary>Lives on what comes in there from now on, and no longer on what came in elsewhere.</summary>
    internal void BeGuestOf(FileContent host)
    {
        // A guest before it is known to be one: a closing that comes between finds either nothing to do, and is seen below, or all of it.
        host.AddGuest(this);
        Interlocked.Exchange(ref _host, host)?.RemoveGuest(this);
        if (_closed)
        {
            Interlocked.Exchange(ref _host, null)?.RemoveGuest(this);
        }
    }

    /// <summary>Says where this reader stands, whatever it said last.</summary>
    internal void PostPosition()
    {
        // Inside the gate, so that an older place is never told after a newer one.
        lock (_seatGate)
        {
            PostStanding(_announcedTakes);
        }
    }

    /// <summary>What the client's player says of itself, for the order in which blocks are fetched.</summary>
    internal void OnPlayheadTold(TimeSpan buffered, long bytesPerSecond)
    {
        lock (_seatGate)
        {
            if (_seat is { } at && !_needsNothing)
            {
                at.Loop.Post(EventKind.PlayheadTold, Id, 0, (long)buffered.TotalMicroseconds, bytesPerSecond);
                at.Beside?.Loop.Post(EventKind.PlayheadTold, Id, 0, (long)buffered.TotalMicroseconds, bytesPerSecond);
            }
        }
    }

    /// <summary>Tells the loop where this reader stands; one that needs nothing more is closed there. Inside the gate.</summary>
    private void PostStanding(bool takes)
    {
        if (_seat is not { } at || _needsNothing)
        {
            return;
        }

        var standing = Standing;
        _needsNothing = standing == Range.End;
        if (_needsNothing)
        {
            // A range may end within a block: as long as the core believes in the reader it would ask for the whole block.
            PostClosed(at);
        }
        else
        {
            PostAdvanced(at, standing, takes);
            if (at.Beside is { } beside)
            {
                PostAdvanced(beside, standing, takes);
            }
        }
    }

    private void PostOpened(Attachment at)
    {
        var first = (long)at.FirstBlock * PieceLayout.BlockSize;
        at.Loop.Post(EventKind.ReaderOpened, Id, (int)_hint, first + Standing, first + Range.End);
    }

    private void PostAdvanced(Attachment at, long standing, bool takes) =>
        at.Loop.Post(EventKind.ReaderAdvanced, Id, 0, ((long)at.FirstBlock * PieceLayout.BlockSize) + standing, takes ? 1 : 0);

    private void PostClosed(Attachment at)
    {
        at.Loop.Post(EventKind.ReaderClosed, Id);
        at.Beside?.Loop.Post(EventKind.ReaderClosed, Id);
    }

    private void CountNoLonger(Attachment left)
    {
        left.Loop.OnReaderClosed();
        if (left.Beside is { } beside)
        {
            Interlocked.Exchange(ref _host, null)?.RemoveGuest(this);
            beside.Loop.OnReaderClosed();
        }
    }

    /// <summary>Tells the loop where we stand: when the client stops or starts to take bytes, and while they flow each 256 KiB or 100 ms.</summary>
    private void Announce(bool takes, bool always = false)
    {
        var now = _context.Now.Micros;
        lock (_seatGate)
        {
            if (_seat is null
                || (!always && _announcedPosition >= 0 && takes == _announcedTakes
                    && (_position == _announcedPosition || (_position - _announcedPosition < AnnounceBytes && now - _announcedAt < AnnounceMicros))))
            {
                return;
            }

            _announcedPosition = _position;
            _announcedAt = now;
            _announcedTakes = takes;
            PostStanding(takes);
        }
    }
}
