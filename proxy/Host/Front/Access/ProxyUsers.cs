using System.Security.Cryptography;
using System.Text;

namespace Swarm.Proxy.Front;

/// <summary>The users of <c>--proxy-auth FILE</c>: one <c>name:password</c> a line, kept as hashes.</summary>
public sealed class ProxyUsers
{
    private readonly List<(string Name, byte[] Hash)> _users = [];

    /// <summary>Reads the text of the file; otherwise <paramref name="problem"/> says what to write.</summary>
    public static bool TryParse(string text, out ProxyUsers users, out string problem)
    {
        users = new();
        problem = "";
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || colon == line.Length - 1)
            {
                problem = "each line is name:password, or begins with #.";
                return false;
            }

            users._users.Add((line[..colon], SHA256.HashData(Encoding.UTF8.GetBytes(line))));
        }

        problem = users._users.Count == 0 ? "it names nobody: write name:password, a user a line." : "";
        return problem.Length == 0;
    }

    /// <summary>Who these credentials of Proxy-Authorization belong to (RFC 7617); null for nobody. Takes as long whoever it is.</summary>
    public string? Find(string? credentials)
    {
        if (credentials is null || !credentials.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var given = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials["Basic ".Length..].Trim(), given, out var count))
        {
            return null;
        }

        var hash = SHA256.HashData(given.AsSpan(0, count));
        string? found = null;
        foreach (var (name, known) in _users)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? name : found;
        }

        return found;
    }
}
