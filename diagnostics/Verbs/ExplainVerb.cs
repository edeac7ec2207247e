using System.CommandLine;
using System.Text;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs;

/// <summary><c>explain CONN|FILE|-</c>: what a connection, a recording, or the text of ss and nstat, perhaps of another machine, means.</summary>
internal static class ExplainVerb
{
    /// <summary>Some 300,000 connections; more is a mistake.</summary>
    private const int MaxCharacters = 256 << 20;

    private const int TableRows = 20;

    public static Command Build(DiagHost host)
    {
        var what = FilterArgument.Create(
            "CONN|FILE|-", "':5001' or an expression: connections of this machine. FILE: a recording, or what 'ss -tOmien' or 'nstat -az' printed; - is standard input.", required: true);
        var verb = new Command("explain", "Explain in words: a connection, a recording, or text: ssh HOST ss -tOmien | " + host.Name + " explain -. Read-only.") { what };
        var watching = new WatchOptions(verb, standard: "5s");
        verb.SetAction((parsed, cancellation) =>
        {
            if (!watching.TryRead(parsed, host, out var duration, out var trace))
            {
                return Task.FromResult(DiagExit.Usage);
            }

            var words = parsed.GetValue(what)!;
            return words is [var file] && (file == "-" || LooksLikeFile(host, file))
                ? Task.FromResult(OfFile(host, file))
                : OfConnectionsAsync(host, words, duration!.Value, trace, cancellation);
        });
        return verb;
    }

    private static bool LooksLikeFile(DiagHost host, string text) =>
        File.Exists(host.FullPath(text)) || SocketFilter.TryParse(text, out _) is null;

    private static async Task<int> OfConnectionsAsync(DiagHost host, string[] words, TimeSpan duration, TraceMode trace, CancellationToken cancellation)
    {
        if (FilterArgument.TryRead(host, words) is not { } filter)
        {
            return DiagExit.Usage;
        }

        using var watch = host.Watch(trace, SweepBudget.For(duration));
        DiagText.WriteProbes(host.Error, watch.Probes);
        var histories = new HistoryBook();
        var owners = new OwnerBook(watch);
        watch.OnReading = reading =>
        {
            owners.Learn(watch.Analyser.Sockets);
            histories.Add(reading, s => watch.Analyser.TrackOf(s.Key) is { } t && filter.Matches(new FilterSubject(t, watch.Analyser.VerdictsOf(s.Key), owners.Of(t))));
        };
        if (!await WatchRun.TryAsync(host, watch, duration, cancellation))
        {
            return DiagExit.CannotMeasure;
        }

        var subjects = Subjects.Of(watch.Analyser, filter, Subjects.Orders[0], owners.Of);
        if (subjects.Count == 0)
        {
            host.Error.WriteLine($"No connection matches '{filter.Text}'; '{host.Name} top --once' lists what there is.");
            return DiagExit.CannotMeasure;
        }

        var findings = watch.FindingsWithOwners();
        WritePortraits(host.Out, subjects, histories, findings);
        DiagText.WriteCost(host.Out, watch);
        return DiagExit.Success;
    }

    private static int OfFile(DiagHost host, string file)
    {
        if (!TryReadBytes(host, file, out var bytes))
        {
            return DiagExit.Failure;
        }

        return RecordingReader.IsRecording(bytes) ? OfRecording(host, file, bytes) : OfText(host, file, Encoding.UTF8.GetString(bytes));
    }

    private static int OfRecording(DiagHost host, string file, byte[] bytes)
    {
        using var recording = RecordingReader.TryOpen(new MemoryStream(bytes, writable: false), out var problem);
        if (recording is null)
        {
            host.Error.WriteLine($"{Name(file)}: {problem}.");
            return DiagExit.CannotMeasure;
        }

        DiagText.WriteProbes(host.Error, recording.Header.Tiers);
        var play = RecordingPlay.Of(recording);
        var (analyser, sick, histories) = (play.Analyser, play.Sick, play.Histories);
        var findings = recording.AddNames(analyser.Findings());
        foreach (var (key, (subject, ofThen)) in sick.OrderByDescending(s => s.Value.Subject.Track.RmemAllocMaxBytes).Take(TableRows))
        {
            var name = recording.Names.GetValueOrDefault(key);
            WritePortraits(host.Out, [subject with { Owner = name.Owner, Label = name.Label }], histories, recording.AddNames(ofThen));
        }

        DiagText.WriteFindings(host.Out, [.. findings.Where(f => f.Socket is null)]);
        var outcome = sick.Count == 0 ? "No connection stood out" : $"{DiagText.Count(sick.Count, "connection")} stood out at some time";
        host.Out.WriteLine($"{outcome}: {DiagText.Count(recording.Readings, "reading")} of {DiagText.Count(analyser.SocketCount, "connection")} in {Quantity.Of(play.LastMicros, Unit.Micros)}, recorded {recording.Header.Started:yyyy-MM-dd HH:mm:ss} UTC on {recording.Header.Kernel} by {recording.Header.Version}.");
        ReplayVerb.WriteEnd(host, Name(file), recording);
        return DiagExit.Success;
    }

    private static int OfText(DiagHost host, string file, string text)
    {
        var imported = ImportedText.Read(text);
        if (imported.Snapshots.Count == 0 && !imported.HasHost)
        {
            host.Error.WriteLine($"{Name(file)} holds no recording, and no text of ss, nstat or sysctl that is understood. Make one with: ss -tOmien > FILE");
            return DiagExit.CannotMeasure;
        }

        var (analyser, findings) = imported.Analyse();
        var subjects = Subjects.Of(analyser, SocketFilter.All, Subjects.Orders[0], t => imported.Owners.GetValueOrDefault(t.Current.Key));
        foreach (var line in ConnectionTable.Lines([.. subjects.Take(TableRows)]))
        {
            host.Out.WriteLine(line);
        }

        DiagText.WriteFindings(host.Out, findings);
        var connections = imported.Snapshots.Count == 0 ? 0 : imported.Snapshots[^1].Count;
        var outcome = findings.Count == 0 ? "Nothing stands out" : DiagText.Count(findings.Count, "finding");
        var machine = imported.HasHost ? ", and numbers of the machine" : "";
        host.Out.WriteLine($"{outcome}: {DiagText.Count(connections, "connection")} in {DiagText.Count(imported.Snapshots.Count, "output")} of ss{machine}. Every number is imported: as old as the text.");
        WriteHints(host.Error, imported);
        return DiagExit.Success;
    }

    private static void WritePortraits(TextWriter output, IEnumerable<FilterSubject> subjects, HistoryBook histories, IReadOnlyList<Finding> findings)
    {
        foreach (var subject in subjects.Take(TableRows))
        {
            foreach (var line in Portrait.Lines(subject, histories.Of(subject.Track.Current.Key), findings))
            {
                output.WriteLine(line);
            }
        }
    }

    private static void WriteHints(TextWriter error, ImportedText imported)
    {
        if (imported.LinesNotUnderstood > 0)
        {
            error.WriteLine($"{imported.LinesNotUnderstood} lines were not understood; ss must print numbers (-n), and one line each (-O) is safest.");
        }

        if (imported.Snapshots.Count > 0 && !imported.Snapshots.Any(s => s.Any(c => c.Has(SocketFields.Memory))))
        {
            error.WriteLine("The text has no skmem, so it tells nothing about memory: run ss with -m, best as ss -tOmien.");
        }

        if (imported.Snapshots.Count == 1)
        {
            error.WriteLine("One output shows no change: two of them in one file, some seconds apart, also show what grows and who reads.");
        }
    }

    private static bool TryReadBytes(DiagHost host, string file, out byte[] bytes)
    {
        bytes = [];
        try
        {
            using var stream = file == "-" ? host.Input() : File.OpenRead(host.FullPath(file));
            using var all = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                all.Write(buffer, 0, read);
                if (all.Length > MaxCharacters)
                {
                    host.Error.WriteLine($"{Name(file)} is larger than {MaxCharacters >> 20} MiB: 'replay' reads recordings of any size, and no output of ss is so large.");
                    return false;
                }
            }

            bytes = all.ToArray();
            return true;
        }
        catch (Exception e) when (FileTrouble.Is(e))
        {
            host.Error.WriteLine($"{Name(file)} cannot be read: {FileTrouble.Of(e)}.");
            return false;
        }
    }

    private static string Name(string file) => file == "-" ? "Standard input" : file;
}
