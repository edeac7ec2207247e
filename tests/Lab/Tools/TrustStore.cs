using System.Security.Cryptography;
using System.Text;

namespace Swarm.Lab.Tools;

/// <summary>Everything on a Debian machine that says whom the system trusts, as one hash.</summary>
public static class TrustStore
{
    private static readonly string[] Places = ["/etc/ssl", "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/pki", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"];

    public static (string Hash, int Files) Read()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Places.SelectMany(place => File.Exists(place) ? [place]
                : Directory.Exists(place) ? Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories)
                : Enumerable.Empty<string>())
            .Order(StringComparer.Ordinal).ToList();
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file + "\0"));
            hash.AppendData(File.Exists(file) ? SHA256.HashData(File.ReadAllBytes(file)) : []); // a link may lead nowhere
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), files.Count);
    }
}
