using System.CommandLine;
using Swarm.Protocol;

namespace Swarm.Proxy.Cli;

/// <summary><c>torrent create PATH</c>: hashes a file or a folder and writes its torrent.</summary>
internal sealed class TorrentCreateVerb
{
    private static readonly string[] Formats = ["hybrid", "v2", "v1"];

    private readonly Argument<string> _path = new("PATH") { Description = "The file or folder to make a torrent of." };
    private readonly Option<string> _output = new("-o", "--output") { HelpName = "FILE", Description = "The torrent to write. Default: NAME.torrent in this folder." };
    private readonly Option<string> _format = new("--format")
    {
        HelpName = string.Join('|', Formats),
        Description = "hybrid: every client can join. v2: 16 KiB hashes alone. v1: for old clients alone. Default: hybrid.",
    };

    private readonly Option<string> _pieceLength = new("--piece-length") { HelpName = "SIZE", Description = "A power of two from 16KiB up. Default: by size, 256KiB or more." };
    private readonly Option<string[]> _trackers = Many("--tracker", "An announce URL (http, https, udp); several are tried in this order.");
    private readonly Option<string[]> _webSeeds = Many("--web-seed", "An http or https URL that has the content too.");
    private readonly Option<bool> _private = new("--private") { Description = "Peers from these trackers alone, never from DHT, PEX or LSD." };
    private readonly Option<string> _name = new("--name") { HelpName = "NAME", Description = "The name in the torrent. Default: that of PATH." };

    private TorrentCreateVerb()
    {
    }

    public static Command Build(Surroundings surroundings)
    {
        var verb = new TorrentCreateVerb();
        var command = new Command("create", "Make a torrent of a file or a folder.")
        {
            verb._path, verb._output, verb._format, verb._pieceLength, verb._trackers, verb._webSeeds, verb._private, verb._name,
        };
        command.SetAction((parsed, cancellation) => verb.RunAsync(parsed, surroundings, cancellation));
        return command;
    }

    private static Option<string[]> Many(string name, string description) =>
        new(name) { HelpName = "URL", Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = true };

    private async Task<int> RunAsync(ParseResult parsed, Surroundings surroundings, CancellationToken cancellation)
    {
        var format = parsed.GetValue(_format) ?? Formats[0];
        var trackers = parsed.GetValue(_trackers) ?? [];
        var webSeeds = parsed.GetValue(_webSeeds) ?? [];
        var pieceText = parsed.GetValue(_pieceLength);
        long pieceBytes = 0;
        var wrong = !Formats.Contains(format) ? $"--format: '{format}' is not one of {string.Join(", ", Formats)}."
            : trackers.FirstOrDefault(url => !MetainfoBuilder.IsTracker(url)) is { } tracker ? $"--tracker: '{tracker}' is no URL of a tracker; write http://, https:// or udp://HOST:PORT/announce."
            : webSeeds.FirstOrDefault(url => !MetainfoBuilder.IsWebSeed(url)) is { } seed ? $"--web-seed: '{seed}' is no http or https URL."
            : pieceText is not null && !SizeText.TryParseSize(pieceText, out pieceBytes) ? $"--piece-length: '{pieceText}' is not a size; write 256KiB or 1MiB."
            : pieceText is not null ? TorrentPlan.PieceLengthProblem(pieceBytes)
            : null;
        if (wrong is not null)
        {
            return Fail(surroundings, wrong, ExitCode.Usage);
        }

        var plan = TorrentPlan.TryMake(surroundings.FullPath(parsed.GetValue(_path)!), parsed.GetValue(_name), out var problem);
        if (plan is null)
        {
            return Fail(surroundings, problem!, ExitCode.Failure);
        }

        var output = surroundings.FullPath(parsed.GetValue(_output) ?? plan.Name + ".torrent");
        if (Path.Exists(output))
        {
            return Fail(surroundings, $"{output} exists already; move it away, or name another with -o FILE.", ExitCode.Failure);
        }

        var builder = new MetainfoBuilder
        {
            Name = plan.Name,
            PieceLength = pieceText is null ? plan.UsualPieceBytes() : (int)pieceBytes,
            Format = format switch { "v1" => MetainfoFormat.V1, "v2" => MetainfoFormat.V2, _ => MetainfoFormat.Hybrid },
            Files = [],
            TrackerTiers = [.. trackers.Select(t => new[] { t })],
            WebSeeds = webSeeds,
            IsPrivate = parsed.GetValue(_private),
            CreatedBy = $"swarmstream {BuildVersion.Version}",
        };
        return await WriteAsync(plan, builder, output, surroundings, cancellation);
    }

    private static async Task<int> WriteAsync(TorrentPlan plan, MetainfoBuilder builder, string output, Surroundings surroundings, CancellationToken cancellation)
    {
        using var hasher = new MetainfoHasher(builder.Format, builder.PieceLength, plan.IsSingleFile);
        var progress = ProgressLine.For(surroundings, plan.TotalBytes);
        var unread = await TorrentHashing.RunAsync(plan, hasher, progress, cancellation);
        progress?.End();
        if (unread is not null)
        {
            return Fail(surroundings, unread, ExitCode.Failure);
        }

        builder = builder with { V1Pieces = hasher.EndContent(), Files = hasher.Files };
        if (!builder.TryBuild(out var bytes, out var refused) || !Metainfo.TryParse(bytes, out var made, out refused))
        {
            return Fail(surroundings, $"No torrent can be made of this: {refused}.", ExitCode.Failure);
        }

        try
        {
            // Whole or not at all: nobody picks up half a torrent.
            var beside = $"{output}.{Environment.ProcessId}.part";
            await File.WriteAllBytesAsync(beside, bytes, cancellation);
            File.Move(beside, output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(surroundings, $"{output} cannot be written: {ErrorText.Of(e)}.", ExitCode.Failure);
        }

        surroundings.Out.WriteLine($"{output}\n{TorrentText.Summary(made)}");
        return ExitCode.Success;
    }

    private static int Fail(Surroundings surroundings, string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
