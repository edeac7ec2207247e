using Swarm.Lab.Harness;

namespace Swarm.Lab.Tools;

/// <summary>The settings that the repository shows for each tool, led to this lab's node and registries and otherwise as they are.</summary>
/// <param name="proxy">The node's address, in place of the usual one.</param>
public sealed class ExampleFiles(string proxy)
{
    private const string UsualProxy = "127.0.0.1:7976";

    private static readonly string Folder = Path.Combine(Repository.Root, "proxy", "Host", "Gateway", "Examples");

    /// <param name="instead">What stands in for the public sites; each has to be in the file.</param>
    public string Read(string name, params IEnumerable<(string Old, string New)> instead)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name));
        foreach (var (old, @new) in instead.Prepend((UsualProxy, proxy)))
        {
            if (!text.Contains(old, StringComparison.Ordinal))
            {
                throw new LabException($"{name} does not name {old}");
            }

            text = text.Replace(old, @new, StringComparison.Ordinal);
        }

        return text;
    }

    public void Put(string folder, string name, params IEnumerable<(string Old, string New)> instead) => File.WriteAllText(Path.Combine(folder, name), Read(name, instead));
}
