using System.Buffers.Binary;
using Swarm.Core;

namespace Swarm.Engine;

/// <summary>What a replay found.</summary>
/// <param name="Problem">Null if every checkpoint agreed.</param>
public sealed record ReplayResult(long Events, long Decisions, int Checkpoints, ulong Digest, string? Problem);

/// <summary>Applies a recorded log to a fresh <see cref="SwarmState"/> and compares events and decisions at every checkpoint.</summary>
public static class EventLogReplay
{
    /// <param name="bytes">The whole file; a record cut off at its end (after a crash) is left out.</param>
    public static ReplayResult Run(ReadOnlySpan<byte> bytes)
    {
        if (LogHeader.Read(bytes, out var at, out var error) is not { } header)
        {
            return new(0, 0, 0, 0, error);
        }

        var state = new SwarmState(header.Layout, header.Seed, new SchedulerOptions());
        var buffer = new DecisionBuffer();
        var decisions = new DecisionDigest();
        var records = new EventDigest();
        long events = 0;
        var checkpoints = 0;
        for (; at + SwarmEvent.Size <= bytes.Length; at += SwarmEvent.Size)
        {
            var record = bytes.Slice(at, SwarmEvent.Size);
            if (record[0] != EventLog.CheckpointKind)
            {
                records.Add(record);
                buffer.Clear();
                state.Step(SwarmEvent.Read(record), buffer);
                decisions.Add(buffer.Items);
                events++;
                continue;
            }

            checkpoints++;
            var recorded = BinaryPrimitives.ReadUInt64LittleEndian(record[25..]);
            var expected = BinaryPrimitives.ReadUInt64LittleEndian(record[17..]);
            var problem = recorded != records.Value
                ? $"the file is damaged before event {events}: its events are not those that were recorded"
                : expected != decisions.Value
                    ? $"the decisions differ before event {events}: the log says {expected:x16}, this program {decisions.Value:x16}"
                    : null;
            if (problem is not null)
            {
                return new(events, decisions.Count, checkpoints, decisions.Value, problem);
            }
        }

        return new(events, decisions.Count, checkpoints, decisions.Value, null);
    }
}
