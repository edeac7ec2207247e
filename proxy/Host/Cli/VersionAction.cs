using System.CommandLine;
using System.CommandLine.Invocation;

namespace Swarm.Proxy.Cli;

/// <summary><c>--version</c>: name, version and commit on one line.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(BuildVersion.Line);
        return ExitCode.Success;
    }
}
