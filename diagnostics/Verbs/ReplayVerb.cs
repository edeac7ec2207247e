using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>replay FILE [--json] [--export jsonl|csv]</c>: what a recording holds, judged as when it was made.</summary>
internal static class ReplayVerb
{
    public static Command Build(DiagHost host)
    {
        var file = new Argument<string>("FILE") { Description = "A recording." };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var export = new Option<string?>("--export") { Description = "Print every sample and every collapse instead: jsonl or csv.", HelpName = "jsonl|csv" };
        var verb = new Command("replay", "Judge a recording again: its findings equal the live ones. Or export it.") { file, json, export };
        verb.SetAction(parsed => Run(host, parsed.GetValue(file)!, parsed.GetValue(json), parsed.GetValue(export)));
        return verb;
    }

    /// <summary>Opens a recording; null after a sentence on standard error.</summary>
    public static RecordingReader? TryOpen(DiagHost host, string file, out int exit)
    {
        try
        {
            var stream = new FileStream(host.FullPath(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
            var reader = RecordingReader.TryOpen(stream, out var problem);
            exit = reader is null ? DiagExit.CannotMeasure : DiagExit.Success;
            if (reader is null)
            {
                host.Error.WriteLine($"{file}: {problem}.");
            }

            return reader;
        }
        catch (Exception e) when (FileTrouble.Is(e))
        {
            host.Error.WriteLine($"{file} cannot be read: {FileTrouble.Of(e)}.");
            exit = DiagExit.Failure;
            return null;
        }
    }

    /// <summary>How a recording ended, where that is not as it should be.</summary>
    public static void WriteEnd(DiagHost host, string file, RecordingReader recording)
    {
        var sentence = recording.End switch
        {
            RecordingEnd.Cut => $"{file} was cut: its program was killed, or the file is not whole. What stands before, {DiagText.Count(recording.Readings, "reading")}, was read.",
            RecordingEnd.Damaged => $"{file} is damaged after byte {recording.Bytes}: what follows cannot be read. What stands before, {DiagText.Count(recording.Readings, "reading")}, was.",
            _ => null,
        };
        if (sentence is not null)
        {
            host.Error.WriteLine(sentence);
        }
    }

    private static int Run(DiagHost host, string file, bool json, string? export)
    {
        if (export is not (null or "jsonl" or "csv"))
        {
            host.Error.WriteLine($"--export {export} is neither jsonl nor csv.");
            return DiagExit.Usage;
        }

        using var recording = TryOpen(host, file, out var exit);
        if (recording is null)
        {
            return exit;
        }

        if (export is not null)
        {
            RecordingExport.Write(host.Out, recording, export == "csv");
            WriteEnd(host, file, recording);
            return DiagExit.Success;
        }

        var (analyser, lastMicros, stoodOut) = Judge(recording);
        var findings = recording.AddNames(analyser.Findings());
        if (json)
        {
            host.Out.WriteLine(DiagJson.Replay(recording, lastMicros / 1e6, analyser.SocketCount, stoodOut, findings));
        }
        else
        {
            DiagText.WriteFindings(host.Out, findings);
            var earlier = stoodOut - findings.Where(f => f.Socket is not null).DistinctBy(f => f.Socket!.Value.Key).Count();
            var outcome = findings.Count > 0 ? DiagText.Count(findings.Count, "finding") : earlier > 0 ? "Healthy at its end" : "Healthy";
            host.Out.WriteLine($"{outcome}: {DiagText.Count(analyser.SocketCount, "connection")}, {DiagText.Count(recording.Readings, "reading")} in {Quantity.Of(lastMicros, Unit.Micros)}, recorded {recording.Header.Started:yyyy-MM-dd HH:mm:ss} UTC on {recording.Header.Kernel}.");
            if (earlier > 0)
            {
                host.Out.WriteLine($"{DiagText.Count(earlier, "connection")} stood out before its end, and recovered or closed: '{host.Name} explain {file}' shows them.");
            }
        }

        WriteEnd(host, file, recording);
        return findings.Count > 0 ? DiagExit.Findings : DiagExit.Success;
    }

    /// <summary>Feeds a recording to an analyser, as the watch that made it did; counts who stood out at any time.</summary>
    private static (Analyser Analyser, long LastMicros, int StoodOut) Judge(RecordingReader recording)
    {
        var analyser = new Analyser();
        var stoodOut = new HashSet<SocketKey>();
        var reading = new Reading();
        var last = 0L;
        while (recording.TryRead(reading))
        {
            reading.ObserveBy(analyser);
            last = reading.AtMicros;
            stoodOut.UnionWith(analyser.Sick.Select(static t => t.Current.Key));
        }

        return (analyser, last, stoodOut.Count);
    }
}
