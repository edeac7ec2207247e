using System.CommandLine;
using System.Reflection;
using Swarm.Diagnostics.Verbs;

var version = typeof(DiagVerbs).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
var host = DiagHost.OfProcess("swarmstream-diag", $"swarmstream-diag {version}", Environment.CurrentDirectory, Console.Out, Console.Error);
var root = new RootCommand(DiagVerbs.Description);
foreach (var verb in DiagVerbs.All(host))
{
    root.Add(verb);
}

var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"{parsed.Errors[0].Message.TrimEnd('.')}. '{host.Name} --help' lists verbs and flags.");
    return DiagExit.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
