using System.Globalization;
using System.Text;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The container or unit of a process, by the path of its control group: each manager of containers has its own way to spell one.</summary>
public static class CgroupText
{
    /// <summary>As <c>docker ps</c> and the like show an identifier.</summary>
    private const int ShownDigits = 12;

    /// <summary>Container identifiers are SHA-256 in hex.</summary>
    private const int ContainerDigits = 64;

    private const string Pod = "pod";

    /// <summary>How a component of the path begins, and whose it then is: systemd's driver writes <c>docker-ID.scope</c>, conmon keeps beside a container of podman's.</summary>
    private static readonly (string Prefix, string Manager)[] Prefixes =
    [
        ("docker-", "docker"), ("libpod-", "podman"), ("cri-containerd-", "containerd"), ("nerdctl-", "containerd"), ("crio-", "cri-o"), ("lxc.payload.", "lxc"),
    ];

    /// <summary>The container or unit in the text of <c>/proc/PID/cgroup</c>; null when it names none.</summary>
    public static string? NameIn(string text)
    {
        // Version 2 is the line of hierarchy 0; without it systemd's own hierarchy names the same tree.
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var line = Array.Find(lines, static l => l.StartsWith("0::/", StringComparison.Ordinal) && l.Length > 4)
            ?? Array.Find(lines, static l => l.Contains(":name=systemd:/", StringComparison.Ordinal))
            ?? Array.Find(lines, static l => l.Contains(":/", StringComparison.Ordinal));
        return line is null ? null : NameOf(line[(line.IndexOf(":/", StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>The container or unit that a path names; null when it names none.</summary>
    public static string? NameOf(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var container = Container(parts);
        if (Array.Find(parts, static p => PodOf(p) is not null) is { } pod)
        {
            return container is null ? $"k8s pod {PodOf(pod)}" : $"k8s pod {PodOf(pod)}, {container}";
        }

        return container ?? Machine(parts) ?? Unit(parts);
    }

    private static string? Container(string[] parts)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            foreach (var (prefix, manager) in Prefixes)
            {
                if (parts[i].StartsWith(prefix, StringComparison.Ordinal))
                {
                    var name = Plain(parts[i])[prefix.Length..];
                    return IsHex(name) || manager == "lxc" ? $"{manager} {Short(name)}" : null;
                }
            }

            // The driver without systemd: /docker/ID, /lxc/NAME, /kubepods/…/podUID/ID.
            if (i > 0 && (IsContainerId(parts[i]) || parts[i - 1] == "lxc"))
            {
                return $"{(parts[i - 1] is "docker" or "lxc" ? parts[i - 1] : "container")} {Short(parts[i])}";
            }
        }

        return null;
    }

    /// <summary>systemd-nspawn and libvirt: <c>machine-NAME.scope</c>, with systemd's escapes.</summary>
    private static string? Machine(string[] parts) =>
        Array.Find(parts, static p => p.StartsWith("machine-", StringComparison.Ordinal) && p.EndsWith(".scope", StringComparison.Ordinal)) is { } scope
            ? $"machine {Unescaped(Plain(scope)["machine-".Length..])}"
            : null;

    /// <summary>The innermost service or scope: what <c>systemctl status</c> takes.</summary>
    private static string? Unit(string[] parts) =>
        Array.FindLast(parts, static p => p.EndsWith(".service", StringComparison.Ordinal) || p.EndsWith(".scope", StringComparison.Ordinal)) is { } unit ? Unescaped(unit) : null;

    /// <summary>The first part of a pod's UID; systemd's driver writes it with underscores, behind the names of its slices.</summary>
    private static string? PodOf(string part)
    {
        var plain = Plain(part);
        var at = plain.LastIndexOf(Pod, StringComparison.Ordinal);
        var uid = at < 0 ? "" : plain[(at + Pod.Length)..].Replace('_', '-');
        return (at == 0 || (at > 0 && plain[at - 1] == '-')) && Guid.TryParse(uid, out _) ? uid[..8] : null;
    }

    private static string Plain(string part)
    {
        var dot = part.LastIndexOf('.');
        return dot > 0 && part[dot..] is ".scope" or ".slice" or ".service" ? part[..dot] : part;
    }

    private static string Short(string name) => IsHex(name) && name.Length > ShownDigits ? name[..ShownDigits] : name;

    private static bool IsContainerId(string text) => text.Length == ContainerDigits && IsHex(text);

    private static bool IsHex(string text) => text.Length >= ShownDigits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>systemd.unit(5): a byte that a name cannot hold is written \xHH.</summary>
    private static string Unescaped(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '\\' && i + 3 < name.Length && name[i + 1] == 'x' && byte.TryParse(name.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
                && value is > 31 and < 127)
            {
                text.Append((char)value);
                i += 3;
            }
            else if (!char.IsControl(name[i]))
            {
                text.Append(name[i]);
            }
        }

        return text.ToString();
    }
}
