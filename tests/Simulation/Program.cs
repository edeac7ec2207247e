using Swarm.Simulation;

return Commands.Run(args);
