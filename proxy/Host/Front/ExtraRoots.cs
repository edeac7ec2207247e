using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Front;

/// <summary>
/// Certificate authorities that may vouch for origins besides the machine's: PEM files of <c>--origin-ca</c>, and the one named by
/// <c>SWARMSTREAM_CA_FILE</c>. (<c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c> are the machine's store itself, as for everything that uses OpenSSL.)
/// </summary>
internal static class ExtraRoots
{
    public const string Variable = "SWARMSTREAM_CA_FILE";

    public static X509Certificate2Collection FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? FromFile(file) : [];

    /// <exception cref="FrontUnusableException">A file cannot be read.</exception>
    public static X509Certificate2Collection Of(IEnumerable<string> files)
    {
        var roots = FromEnvironment();
        foreach (var file in files)
        {
            roots.AddRange(FromFile(file, "--origin-ca"));
        }

        return roots;
    }

    public static X509Certificate2Collection FromFile(string file, string named = Variable)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? roots : throw new FrontUnusableException($"{named}: {file} holds no PEM certificate.", 2);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FrontUnusableException($"{named}: {file} cannot be read as PEM certificates: {e.Message}", 2);
        }
    }
}
