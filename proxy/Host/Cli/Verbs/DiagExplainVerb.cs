using System.CommandLine;
using Swarm.Diagnostics.Analysis;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Proxy.Cli;

/// <summary><c>diag explain FILE|-</c>: what the text of <c>ss -tOmien</c>, <c>nstat -az</c> or <c>sysctl</c>, perhaps of another machine, means.</summary>
internal static class DiagExplainVerb
{
    /// <summary>Some 300,000 connections; more is a mistake.</summary>
    private const int MaxCharacters = 256 << 20;

    public static Command Build(Surroundings surroundings, DiagSources sources)
    {
        var file = new Argument<string>("FILE|-") { Description = "Text that 'ss -tOmien' or 'nstat -az' printed; - is standard input." };
        var verb = new Command("explain", "Explain the text of ss -tOmien or nstat -az: ssh HOST ss -tOmien | swarmstream diag explain -") { file };
        verb.SetAction(parsed => Run(surroundings, sources, parsed.GetValue(file)!));
        return verb;
    }

    private static int Run(Surroundings surroundings, DiagSources sources, string file)
    {
        if (!TryRead(surroundings, sources, file, out var text))
        {
            return ExitCode.Failure;
        }

        var imported = ImportedText.Read(text);
        if (imported.Snapshots.Count == 0 && !imported.HasHost)
        {
            surroundings.Error.WriteLine($"{Name(file)} holds no text of ss, nstat or sysctl that is understood. Make one with: ss -tOmien > FILE");
            return ExitCode.CannotMeasure;
        }

        var (analyser, findings) = imported.Analyse();
        DiagText.WriteTable(surroundings.Out, analyser, findings);
        foreach (var line in FindingText.Lines(findings))
        {
            surroundings.Out.WriteLine(line);
        }

        var connections = imported.Snapshots.Count == 0 ? 0 : imported.Snapshots[^1].Count;
        var outcome = findings.Count == 0 ? "Nothing stands out" : DiagText.Count(findings.Count, "finding");
        var machine = imported.HasHost ? ", and numbers of the machine" : "";
        surroundings.Out.WriteLine($"{outcome}: {DiagText.Count(connections, "connection")} in {DiagText.Count(imported.Snapshots.Count, "output")} of ss{machine}. Every number is imported: as old as the text.");
        WriteHints(surroundings.Error, imported);
        return ExitCode.Success;
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

    private static bool TryRead(Surroundings surroundings, DiagSources sources, string file, out string text)
    {
        text = "";
        try
        {
            using var reader = file == "-" ? sources.Input() : new StreamReader(surroundings.FullPath(file));
            var buffer = new char[64 * 1024];
            var builder = new System.Text.StringBuilder();
            for (int read; (read = reader.Read(buffer)) > 0;)
            {
                builder.Append(buffer, 0, read);
                if (builder.Length > MaxCharacters)
                {
                    surroundings.Error.WriteLine($"{Name(file)} is larger than {MaxCharacters >> 20} MiB: that is no output of ss.");
                    return false;
                }
            }

            text = builder.ToString();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            surroundings.Error.WriteLine($"{Name(file)} cannot be read: {ErrorText.Of(e)}.");
            return false;
        }
    }

    private static string Name(string file) => file == "-" ? "Standard input" : file;
}
