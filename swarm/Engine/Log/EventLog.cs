using System.Buffers.Binary;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// The record of one swarm: every event with its time, and now and then the digest of all decisions so far. In memory it is
/// a ring; with a file it is whole, and <c>log replay</c> proves that the same events give the same decisions.
/// Written by the loop's thread alone; the ring may be looked at by any.
/// </summary>
/// <remarks>
/// File: UTF-8 header lines up to an empty line (format, command line, seed, layout); then records of
/// <see cref="SwarmEvent.Size"/> bytes. A record of kind 255 is a checkpoint: B is the digest of the decisions so far, C that
/// of the event records. URLs and addresses never enter it: sources and readers are numbers.
/// A disk that fails ends the file, never the swarm.
/// </remarks>
public sealed class EventLog : IDisposable
{
    public const string Format = "swarmstream.eventlog/2";

    /// <summary>Without the events and decisions of crowds; the same records otherwise, and replayed the same.</summary>
    internal const string FirstFormat = "swarmstream.eventlog/1";
    internal const byte CheckpointKind = 255;
    private const int FirstRingEvents = 256;
    private const int RingEvents = 16_384;
    private const int CheckpointEvery = 1_024;

    private readonly Lock _ringGate = new();
    private readonly byte[] _record = new byte[SwarmEvent.Size];
    private readonly Action _flush;
    private SwarmEvent[] _ring = new SwarmEvent[FirstRingEvents];
    private Stream? _file;
    private EventDigest _events;
    private long _count;
    private long _lastCheckpoint;

    /// <param name="path">File to write, which must not exist yet; null for the ring alone.</param>
    public EventLog(string? path, ContentLayout layout, ulong seed, string header)
        : this(path is null ? null : () => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 64 << 10), layout, seed, header)
    {
    }

    internal EventLog(Func<Stream>? open, ContentLayout layout, ulong seed, string header)
    {
        _flush = () => _file?.Flush();
        OnDisk(() =>
        {
            _file = open?.Invoke();
            _file?.Write(Encoding.UTF8.GetBytes(LogHeader.Write(layout, seed, header)));
        });
    }

    /// <summary>Events logged so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Why there is no file, or none any more, as a sentence; null while all is well.</summary>
    public string? Problem { get; private set; }

    public void Append(in SwarmEvent e)
    {
        lock (_ringGate)
        {
            if (_count == _ring.Length && _ring.Length < RingEvents)
            {
                // Most swarms are short: a full ring is 640 KiB.
                Array.Resize(ref _ring, 2 * _ring.Length);
            }

            _ring[_count % _ring.Length] = e;
            _count++;
        }

        if (_file is not null)
        {
            e.Write(_record);
            _events.Add(_record);
            WriteRecord(flush: false);
        }
    }

    /// <summary>Called after each batch with the rolling digest: what happened is in the file, and every thousand events a checkpoint.</summary>
    public void Checkpoint(ulong decisionDigest)
    {
        if (_file is null)
        {
            return;
        }

        if (_count - _lastCheckpoint >= CheckpointEvery)
        {
            WriteCheckpoint(decisionDigest);
        }
        else
        {
            OnDisk(_flush);
        }
    }

    /// <summary>Ends the file with a last checkpoint.</summary>
    public void Finish(ulong decisionDigest)
    {
        if (_file is not null)
        {
            WriteCheckpoint(decisionDigest);
        }
    }

    /// <summary>The newest events, oldest first.</summary>
    public SwarmEvent[] Recent()
    {
        lock (_ringGate)
        {
            var n = (int)Math.Min(_count, _ring.Length);
            var recent = new SwarmEvent[n];
            for (var i = 0; i < n; i++)
            {
                recent[i] = _ring[(_count - n + i) % _ring.Length];
            }

            return recent;
        }
    }

    public void Dispose() => OnDisk(() => Interlocked.Exchange(ref _file, null)?.Dispose());

    private void WriteCheckpoint(ulong digest)
    {
        _lastCheckpoint = _count;
        Array.Clear(_record);
        _record[0] = CheckpointKind;
        BinaryPrimitives.WriteUInt64LittleEndian(_record.AsSpan(17), digest);
        BinaryPrimitives.WriteUInt64LittleEndian(_record.AsSpan(25), _events.Value);
        WriteRecord(flush: true);
    }

    private void WriteRecord(bool flush)
    {
        try
        {
            _file!.Write(_record);
            if (flush)
            {
                _file.Flush();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GiveUp(e);
        }
    }

    private void OnDisk(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GiveUp(e);
        }
    }

    private void GiveUp(Exception e)
    {
        Problem ??= $"the event log ends here: {e.Message}";
        try
        {
            Interlocked.Exchange(ref _file, null)?.Dispose();
        }
        catch (IOException)
        {
            // Closing writes what was buffered, to the disk that just failed.
        }
    }
}
