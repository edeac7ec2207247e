using System.Buffers.Binary;
using System.Text;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>
/// The record of one swarm: every event with its time, and now and then the digest of all decisions so far. In memory it is
/// a ring; with a file it is whole, and <c>log replay</c> proves that the same events give the same decisions.
/// Owned by the loop's thread.
/// </summary>
/// <remarks>
/// File: UTF-8 header lines up to an empty line (format, command line, seed, layout); then records of
/// <see cref="SwarmEvent.Size"/> bytes. A record of kind 255 is a checkpoint: B is the digest of the decisions so far.
/// URLs and addresses never enter it: sources and readers are numbers.
/// </remarks>
public sealed class EventLog : IDisposable
{
    public const string Format = "swarmstream.eventlog/1";
    internal const byte CheckpointKind = 255;
    private const int RingEvents = 16_384;
    private const int CheckpointEvery = 1_024;

    private readonly SwarmEvent[] _ring = new SwarmEvent[RingEvents];
    private readonly Stream? _file;
    private readonly byte[] _record = new byte[SwarmEvent.Size];
    private long _count;

    /// <param name="path">File to write, or null for the ring alone.</param>
    public EventLog(string? path, ContentLayout layout, ulong seed, string header)
    {
        if (path is null)
        {
            return;
        }

        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 64 << 10);
        _file.Write(Encoding.UTF8.GetBytes(LogHeader.Write(layout, seed, header)));
    }

    /// <summary>Events logged so far.</summary>
    public long Count => _count;

    public void Append(in SwarmEvent e)
    {
        _ring[_count++ % RingEvents] = e;
        if (_file is null)
        {
            return;
        }

        e.Write(_record);
        _file.Write(_record);
    }

    /// <summary>Called after each batch with the rolling digest; writes a checkpoint every thousand events.</summary>
    public void Checkpoint(ulong decisionDigest, ref long lastCheckpoint)
    {
        if (_file is null || _count - lastCheckpoint < CheckpointEvery)
        {
            _file?.Flush();
            return;
        }

        lastCheckpoint = _count;
        WriteCheckpoint(decisionDigest);
    }

    /// <summary>Ends the file with a last checkpoint.</summary>
    public void Finish(ulong decisionDigest)
    {
        if (_file is not null)
        {
            WriteCheckpoint(decisionDigest);
            _file.Flush();
        }
    }

    /// <summary>The newest events, oldest first.</summary>
    public SwarmEvent[] Recent()
    {
        var n = (int)Math.Min(_count, RingEvents);
        var recent = new SwarmEvent[n];
        for (var i = 0; i < n; i++)
        {
            recent[i] = _ring[(_count - n + i) % RingEvents];
        }

        return recent;
    }

    public void Dispose() => _file?.Dispose();

    private void WriteCheckpoint(ulong digest)
    {
        Array.Clear(_record);
        _record[0] = CheckpointKind;
        BinaryPrimitives.WriteUInt64LittleEndian(_record.AsSpan(17), digest);
        _file!.Write(_record);
        _file.Flush();
    }
}
