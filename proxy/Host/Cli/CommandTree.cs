using System.CommandLine;
using System.CommandLine.Help;
using Swarm.Diagnostics.Verbs;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary>The verbs of the program. Without a verb it is <c>proxy</c>.</summary>
internal static class CommandTree
{
    /// <summary>Runs a command line to its end; what it returns is the exit code.</summary>
    public static async Task<int> RunAsync(
        string[] arguments, Surroundings surroundings, NodeParts parts, ILifetimeSignals signals, CancellationToken cancellation = default)
    {
        var root = Build(surroundings, parts, signals);
        // Response files: an argument that begins with @ is a name like any other.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            surroundings.Error.WriteLine($"{parsed.Errors[0].Message.TrimEnd('.')}. 'swarmstream --help' lists verbs and flags.");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            },
            cancellation);
    }

    private static RootCommand Build(Surroundings surroundings, NodeParts parts, ILifetimeSignals signals)
    {
        var root = new RootCommand("Answers HTTP requests from the origin and from BitTorrent peers at once, every peer byte verified. Without a verb: proxy.");
        foreach (var option in root.Options)
        {
            if (option is VersionOption)
            {
                option.Action = new VersionAction();
            }
            else if (option is HelpOption { Action: HelpAction help })
            {
                help.MaxWidth = 120;
            }
        }

        var options = new SettingOptions();
        var proxy = new ProxyVerb(options, surroundings, parts, signals);
        proxy.AddTo(root);
        var verb = new Command("proxy", "Run the proxy (the default verb).");
        proxy.AddTo(verb);
        root.Add(verb);
        root.Add(new GetVerb(options, surroundings, parts, signals).Build());
        root.Add(new PlayVerb(options, surroundings, parts, signals).Build());
        root.Add(new SeedVerb(options, surroundings, parts, signals).Build());
        root.Add(new DemoVerb(surroundings, parts, signals).Build());
        root.Add(AddVerb.Build(options, surroundings));
        root.Add(ListVerb.Build(options, surroundings));
        root.Add(ActVerb.Pause(options, surroundings));
        root.Add(ActVerb.Recheck(options, surroundings));
        root.Add(ActVerb.Remove(options, surroundings));
        root.Add(new ExecVerb(options, surroundings, parts).Build());
        root.Add(new CaVerb(options, surroundings).Build());
        root.Add(StatusVerb.Build(options, surroundings));
        root.Add(DoctorVerb.Build(options, surroundings));
        root.Add(PurgeVerb.Build(options, surroundings));
        root.Add(ConfigVerb.Build(options, surroundings));
        root.Add(LogVerb.Build(surroundings, parts.Replay));
        root.Add(new Command("torrent", "Make torrents and look into them.") { TorrentCreateVerb.Build(surroundings), TorrentShowVerb.Build(options, surroundings) });
        root.Add(CompletionVerb.Build(surroundings));
        root.Add(DiagVerbs.Build(
            "diag", DiagHost.OfProcess("swarmstream diag", BuildVersion.Line, surroundings.Directory, surroundings.Out, surroundings.Error)));
        return root;
    }
}
