using System.CommandLine;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Lifetime;

namespace Swarm.Proxy.Cli;

/// <summary><c>exec -- CMD…</c>: runs one command, and all it starts, behind the proxy: the running one, or one for as long as the command runs.</summary>
internal sealed class ExecVerb(SettingOptions options, Surroundings surroundings, NodeParts parts)
{
    private static readonly IReadOnlyList<string> Settings = [.. WorkSettings.Names, "torrent", "connect-port"];

    private readonly Argument<string[]> _command = new("CMD") { Description = "The command and its arguments, after --.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _direct = new("--direct")
    {
        HelpName = "LIST",
        Description = $"Names and networks that go past the proxy, with commas between them; '' for none. Default: {ExecEnvironment.PrivateNames}.",
    };

    public Command Build()
    {
        var verb = new Command("exec", "Run a command behind the proxy, by the variables that tools read: exec -- curl -O https://HOST/FILE.") { _command, _direct };
        options.AddTo(verb, Settings);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var loaded = options.Load(parsed, surroundings);
        if (loaded.Problem is { } wrong)
        {
            return Fail(wrong, ExitCode.Usage);
        }

        if (parsed.GetValue(_command) is not [var command, .. var arguments])
        {
            return Fail("exec needs a command after --, as in: swarmstream exec -- curl -O https://example.org/file.", ExitCode.Usage);
        }

        if (CommandPath.Find(command, surroundings) is not { } program)
        {
            return Fail($"{command}: there is no such program.", ChildCommand.NotFound);
        }

        await using var seat = new NodeSeat(loaded, surroundings, parts);
        if (await seat.TakeAsync(cancellation) is { } noNode)
        {
            return Fail(noNode, ExitCode.Failure);
        }

        var (authority, problem) = new AuthorityFolder(NodePaths.Of(surroundings, loaded.Settings.DataDirectory).State).Read();
        if (problem is not null)
        {
            surroundings.Error.WriteLine($"No https is opened: {problem}");
        }

        using (authority)
        using (var trust = authority is null ? null : TrustFiles.Write(surroundings, authority.Certificate, surroundings.Error.WriteLine))
        {
            var variables = ExecEnvironment.Of(surroundings.Variables, seat.Proxy, parsed.GetValue(_direct) ?? ExecEnvironment.PrivateNames, trust);
            return await ChildCommand.RunAsync(program, arguments, variables, surroundings);
        }
    }

    private int Fail(string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
