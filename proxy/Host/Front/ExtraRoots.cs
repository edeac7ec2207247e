using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Swarm.Proxy.Front;

/// <summary>Certificate authorities the user trusts besides the machine's: a PEM file named by <c>SWARMSTREAM_CA_FILE</c>.</summary>
internal static class ExtraRoots
{
    public const string Variable = "SWARMSTREAM_CA_FILE";

    public static X509Certificate2Collection FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file ? FromFile(file) : [];

    public static X509Certificate2Collection FromFile(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? roots : throw new FrontUnusableException($"{Variable}: {file} holds no PEM certificate.", 2);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FrontUnusableException($"{Variable}: {file} cannot be read as PEM certificates: {e.Message}", 2);
        }
    }
}
