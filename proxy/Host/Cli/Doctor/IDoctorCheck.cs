namespace Swarm.Proxy.Cli;

/// <summary>One topic of <c>doctor</c>. Pure: the facts in, the lines out.</summary>
internal interface IDoctorCheck
{
    IEnumerable<DoctorLine> Look(DoctorFacts facts);
}
