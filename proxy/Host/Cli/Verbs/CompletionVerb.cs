using System.CommandLine;

namespace Swarm.Proxy.Cli;

/// <summary><c>completion bash|zsh|fish</c>: prints what a shell reads to complete verbs, flags and their values. The words come from the program itself, so they are always those of its version.</summary>
internal static class CompletionVerb
{
    // The program is asked by System.CommandLine's [suggest] directive. Its own name stands first whatever path it was called by; spellings of help for Windows stay out.
    // Where it has no word, a file is meant.
    private const string Bash = """
        _swarmstream() {
          local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
          line="swarmstream ${line#* }"
          COMPREPLY=($(compgen -W "$("$1" "[suggest:${#line}]" "$line" 2>/dev/null | grep -v '^/')" -- "$2"))
        }
        complete -o default -F _swarmstream swarmstream
        """;

    private const string Zsh = """
        #compdef swarmstream
        _swarmstream() {
          local line="swarmstream ${BUFFER[1,CURSOR]#* }"
          local -a found
          found=(${${(f)"$($words[1] "[suggest:${#line}]" "$line" 2>/dev/null)"}:#/*})
          compadd -a found || _files
        }
        compdef _swarmstream swarmstream
        """;

    private const string Fish = """
        function __swarmstream_words
          set -l line (string replace -r '^\s*\S+' swarmstream -- (commandline -cp | string collect))
          set -l start (string escape --style=regex -- (commandline -ct))
          command swarmstream "[suggest:"(string length -- $line)"]" $line 2>/dev/null | string match -v '/*' | string match -r "^$start.*"
          or __fish_complete_path (commandline -ct)
        end
        complete -c swarmstream -f -a '(__swarmstream_words)'
        """;

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    public static Command Build(Surroundings surroundings)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var verb = new Command("completion", "Print completion for a shell. bash: source <(swarmstream completion bash). fish: swarmstream completion fish | source.") { shell };
        verb.SetAction(parsed =>
        {
            surroundings.Out.WriteLine(Scripts[parsed.GetValue(shell)!]);
            return ExitCode.Success;
        });
        return verb;
    }
}
