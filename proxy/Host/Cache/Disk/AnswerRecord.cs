using System.Collections.Immutable;
using System.Text;
using Swarm.Http;

namespace Swarm.Proxy.Cache;

/// <summary>The stored answers of one URL as a record's content: heads in full, bodies as the places of their runs.</summary>
/// <param name="Answers">Each with its runs: offset in the representation, length, place on disk.</param>
internal sealed record AnswerRecord(string Url, ImmutableArray<(StoredHead Head, string Protocol, ImmutableArray<StoredRun> Runs)> Answers)
{
    private const byte Format = 1;
    private const int CountMax = 4096; // far above what is ever stored; a larger number is no record of ours

    public byte[] Write()
    {
        using var bytes = new MemoryStream();
        using var to = new BinaryWriter(bytes, Encoding.UTF8);
        to.Write(Format);
        to.Write(Url);
        to.Write(Answers.Length);
        foreach (var (head, protocol, runs) in Answers)
        {
            to.Write(head.Status);
            to.Write(head.Reason);
            to.Write(protocol);
            to.Write(head.Partition);
            to.Write(head.CredentialsKey);
            to.Write(head.Times.RequestedAt.UtcTicks);
            to.Write(head.Times.ReceivedAt.UtcTicks);
            to.Write(head.TotalLength ?? -1);
            to.Write(head.Fields.Count);
            foreach (var (name, value) in head.Fields)
            {
                to.Write(name);
                to.Write(value);
            }

            to.Write(head.Selecting.Count);
            foreach (var (name, value) in head.Selecting.Fields)
            {
                to.Write(name);
                to.Write(value is not null);
                to.Write(value ?? "");
            }

            to.Write(runs.Length);
            foreach (var run in runs)
            {
                to.Write(run.Offset);
                to.Write(run.Length);
                to.Write(run.Place.Segment);
                to.Write(run.Place.Offset);
            }
        }

        to.Flush();
        return bytes.ToArray();
    }

    /// <summary>Null if it is not one that <see cref="Write"/> made.</summary>
    public static AnswerRecord? Read(byte[] content)
    {
        try
        {
            using var from = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
            if (from.ReadByte() != Format)
            {
                return null;
            }

            var url = from.ReadString();
            var answers = ImmutableArray.CreateBuilder<(StoredHead, string, ImmutableArray<StoredRun>)>();
            for (var left = Count(from); left > 0; left--)
            {
                answers.Add(ReadAnswer(from));
            }

            return new(url, answers.ToImmutable());
        }
        catch (Exception e) when (e is IOException or ArgumentException or FormatException or InvalidDataException)
        {
            return null;
        }
    }

    private static (StoredHead, string, ImmutableArray<StoredRun>) ReadAnswer(BinaryReader from)
    {
        var (status, reason, protocol, partition, credentials) = (from.ReadInt32(), from.ReadString(), from.ReadString(), from.ReadString(), from.ReadString());
        var times = new StoredTimes(new(from.ReadInt64(), TimeSpan.Zero), new(from.ReadInt64(), TimeSpan.Zero));
        var total = from.ReadInt64();
        var fields = new HttpFields();
        for (var left = Count(from); left > 0; left--)
        {
            fields.Add(from.ReadString(), from.ReadString());
        }

        var selecting = new (string, string?)[Count(from)];
        for (var i = 0; i < selecting.Length; i++)
        {
            var name = from.ReadString();
            var isThere = from.ReadBoolean();
            var value = from.ReadString();
            selecting[i] = (name, isThere ? value : null);
        }

        var runs = ImmutableArray.CreateBuilder<StoredRun>();
        for (var left = Count(from); left > 0; left--)
        {
            runs.Add(new(from.ReadInt64(), from.ReadInt32(), new(from.ReadInt32(), from.ReadInt64())));
        }

        var head = StoredHead.Restored(status, reason, fields, SelectingFields.Restored(selecting), partition, credentials, times);
        return (head with { TotalLength = total < 0 ? null : total }, protocol, runs.ToImmutable());
    }

    private static int Count(BinaryReader from) => from.ReadInt32() is >= 0 and <= CountMax and var count ? count : throw new InvalidDataException("a count that nothing has");
}

/// <summary>A run of a stored body on disk.</summary>
internal readonly record struct StoredRun(long Offset, int Length, AnswerPlace Place);
