using System.Text.Json;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary>A recording as JSON for a page, in the form of <see cref="OwnReport"/>: the connections that were worst, how their memory went, and what was found.</summary>
public static class RecordingReport
{
    /// <summary>What a page can show, and a reader can take in.</summary>
    private const int MaxConnections = 200;

    private const int Points = 240;

    /// <summary>Some seconds of one core; a recording of 1,000 connections every second for an hour has as many.</summary>
    private const long MaxSamples = 4_000_000;

    /// <summary>Judges it as when it was made; null with a sentence when it is no recording.</summary>
    public static byte[]? Json(Stream recorded, out string? problem)
    {
        using var recording = RecordingReader.TryOpen(recorded, out problem);
        if (recording is null)
        {
            return null;
        }

        var play = RecordingPlay.Of(recording, MaxSamples);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            Write(json, recording, play);
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, RecordingReader recording, RecordingPlay play)
    {
        // Who was ill comes first, as it was then; the healthy ones follow as they were at the end.
        var subjects = play.Sick.Values.Select(s => s.Subject)
            .Concat(play.Analyser.Sockets.Where(t => !play.Sick.ContainsKey(t.Current.Key)).Select(t => new FilterSubject(t, [])))
            .OrderByDescending(s => s.Verdicts.Count > 0).ThenByDescending(s => s.Track.RmemAllocMaxBytes).ToList();
        json.WriteStartObject();
        json.WriteString("schema", "swarmstream.tcp.recording/1");
        json.WriteString("kernel", recording.Header.Kernel);
        json.WriteString("started", recording.Header.Started);
        json.WriteNumber("elapsed_seconds", Math.Round(play.LastMicros / 1e6, 3));
        json.WriteNumber("sweeps", recording.Readings);
        json.WriteString("end", play.IsCut ? "too long" : recording.End.ToString().ToLowerInvariant());
        json.WriteNumber("connection_count", subjects.Count);
        DiagJson.WriteTiers(json, recording.Header.Tiers);
        play.Metrics.WriteCollapses(json);
        json.WriteStartArray("connections");
        foreach (var subject in subjects.Take(MaxConnections))
        {
            var name = recording.Names.GetValueOrDefault(subject.Track.Current.Key);
            DiagJson.WriteConnection(json, subject with { Owner = name.Owner, Label = name.Label }, json => WriteHistory(json, play.Histories.Of(subject.Track.Current.Key)));
        }

        json.WriteEndArray();
        DiagJson.WriteFindings(json, recording.AddNames([
            .. play.Sick.Values.OrderByDescending(s => s.Subject.Track.RmemAllocMaxBytes).Take(MaxConnections).SelectMany(s => s.Findings),
            .. play.Analyser.Findings().Where(f => f.Socket is null)]));
        json.WriteEndObject();
    }

    private static void WriteHistory(Utf8JsonWriter json, ConnectionHistory? history)
    {
        if (history is null)
        {
            json.WriteNull("history");
            return;
        }

        json.WriteStartObject("history");
        json.WriteNumber("from_us", history.FirstMicros);
        json.WriteNumber("to_us", history.LastMicros);
        Series("rmem_alloc", history.RmemAlloc);
        Series("rcvbuf", history.Rcvbuf);
        Series("payload", history.Payload);
        json.WriteEndObject();

        void Series(string name, List<double> values)
        {
            json.WriteStartArray(name);
            var step = Math.Max(1, (values.Count + Points - 1) / Points);
            for (var at = 0; at < values.Count; at += step)
            {
                // The largest of each stretch stays: peaks are what one looks for.
                json.WriteNumberValue((long)values.Skip(at).Take(step).Max());
            }

            json.WriteEndArray();
        }
    }
}
