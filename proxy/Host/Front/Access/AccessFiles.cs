using System.Net;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Front;

/// <summary>Makes a <see cref="ClientAccess"/> of what the user configured.</summary>
public static class AccessFiles
{
    /// <summary>The access rule, or the sentence that says what is wrong with the file.</summary>
    public static (ClientAccess? Access, string? Problem) Load(string? usersFile, IReadOnlyList<IPNetwork> trusted)
    {
        if (usersFile is null)
        {
            return (new(trusted, null), null);
        }

        try
        {
            if (!PrivateFile.IsPrivate(usersFile))
            {
                return (null, $"--proxy-auth {usersFile}: others can read the passwords in it. Run: chmod 600 {usersFile}");
            }

            return ProxyUsers.TryParse(File.ReadAllText(usersFile), out var users, out var problem)
                ? (new(trusted, users), null)
                : (null, $"--proxy-auth {usersFile}: {problem}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"--proxy-auth {usersFile}: the file cannot be read: {e.Message}");
        }
    }
}
