/* The calls that a MyoServe worker makes into MuJoCo, and nothing else, on pthreads: the limit of any environment
 * server on this machine. Arguments: model.xml, workload, threads, rows. Line protocol as in contestant.py.
 * The workload (little endian; see physics-workload.ts) holds the task's edits of the model and, for each recorded
 * episode, its start state and the ctrl of every control step. */
#include <mujoco/mujoco.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  int32_t steps;
  double *qpos, *qvel, *act, *ctrl;
} Episode;

typedef struct {
  mjData *data;
  int episode, step;
} Row;

typedef struct {
  int first, last;
  double until;
  long count;
} Share;

static mjModel *model;
static Episode *episodes;
static Row *rows;
static int32_t frame_skip, sensors, episode_count;

static void fail(const char *what) {
  fprintf(stderr, "physics_limit: %s\n", what);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void take(FILE *file, void *into, size_t size, size_t count) {
  if (fread(into, size, count, file) != count) fail("the workload is too short");
}

static int32_t take_int(FILE *file) {
  int32_t value;
  take(file, &value, sizeof value, 1);
  return value;
}

static double *take_doubles(FILE *file, int count) {
  double *values = malloc(sizeof(double) * (size_t)(count + 1));
  take(file, values, sizeof(double), (size_t)count);
  return values;
}

#define SETTER(name, type)                                              \
  static void name(type *into, const double *values, int count) {       \
    for (int i = 0; i < count; i++) into[i] = (type)values[i];          \
  }
SETTER(set_num, mjtNum)
SETTER(set_float, float)
SETTER(set_int, int)
SETTER(set_byte, mjtByte)

#define FIELD(field)                                                                              \
  if (strcmp(name, #field) == 0) {                                                                \
    _Generic(model->field, mjtNum *: set_num, float *: set_float, int *: set_int,                 \
             mjtByte *: set_byte)(model->field, values, count);                                   \
    return;                                                                                       \
  }

static void edit(const char *name, const double *values, int count) {
  FIELD(qpos0) FIELD(body_mass) FIELD(body_inertia) FIELD(body_ipos) FIELD(body_iquat) FIELD(body_pos)
  FIELD(body_quat) FIELD(body_subtreemass) FIELD(body_invweight0) FIELD(jnt_range) FIELD(dof_M0)
  FIELD(dof_invweight0) FIELD(geom_size) FIELD(geom_pos) FIELD(geom_quat) FIELD(geom_friction) FIELD(geom_rgba)
  FIELD(geom_aabb) FIELD(geom_rbound) FIELD(site_pos) FIELD(site_size) FIELD(hfield_size) FIELD(hfield_data)
  FIELD(tendon_length0) FIELD(tendon_invweight0) FIELD(tendon_lengthspring) FIELD(actuator_dynprm)
  FIELD(actuator_gainprm) FIELD(actuator_biasprm) FIELD(actuator_ctrlrange) FIELD(actuator_gear)
  FIELD(actuator_acc0) FIELD(actuator_length0) FIELD(actuator_lengthrange) FIELD(key_qpos) FIELD(key_qvel)
  FIELD(bvh_aabb) FIELD(geom_contype) FIELD(geom_conaffinity) FIELD(geom_type) FIELD(jnt_limited)
  FIELD(actuator_ctrllimited) FIELD(actuator_trnid) FIELD(actuator_trntype) FIELD(actuator_dyntype)
  if (strcmp(name, "meaninertia") == 0) {
    model->stat.meaninertia = values[0];
    return;
  }
  if (strcmp(name, "disableflags") == 0) {
    model->opt.disableflags = (int)values[0];
    return;
  }
  fail(name);
}

static void load_workload(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("the workload cannot be opened");
  for (int32_t edits = take_int(file); edits > 0; edits--) {
    char name[32];
    take(file, name, 1, sizeof name);
    int32_t count = take_int(file);
    double *values = take_doubles(file, count);
    edit(name, values, count);
    free(values);
  }
  frame_skip = take_int(file);
  sensors = take_int(file);
  episode_count = take_int(file);
  episodes = calloc((size_t)episode_count, sizeof(Episode));
  for (int i = 0; i < episode_count; i++) {
    Episode *episode = &episodes[i];
    episode->steps = take_int(file);
    episode->qpos = take_doubles(file, (int)model->nq);
    episode->qvel = take_doubles(file, (int)model->nv);
    episode->act = take_doubles(file, (int)model->na);
    episode->ctrl = take_doubles(file, episode->steps * (int)model->nu);
  }
  fclose(file);
}

static void start_episode(const mjModel *m, Row *row) {
  const Episode *episode = &episodes[row->episode];
  mj_resetData(m, row->data);
  memcpy(row->data->qpos, episode->qpos, sizeof(mjtNum) * (size_t)m->nq);
  memcpy(row->data->qvel, episode->qvel, sizeof(mjtNum) * (size_t)m->nv);
  memcpy(row->data->act, episode->act, sizeof(mjtNum) * (size_t)m->na);
  mj_forward(m, row->data);
  row->step = 0;
}

/* One control step: the first sub-step goes on from the mj_forward of the last one. */
static void control_step(mjModel *m, Row *row) {
  const Episode *episode = &episodes[row->episode];
  if (row->step == episode->steps) {
    row->episode = (row->episode + 1) % episode_count;
    start_episode(m, row);
    return;
  }
  mjData *data = row->data;
  memcpy(data->ctrl, episode->ctrl + (size_t)row->step * (size_t)m->nu, sizeof(mjtNum) * (size_t)m->nu);
  m->opt.disableflags |= mjDSBL_SENSOR;
  mj_step2(m, data);
  for (int i = 1; i < frame_skip; i++) mj_step(m, data);
  if (sensors) m->opt.disableflags &= ~mjDSBL_SENSOR;
  mj_forward(m, data);
  row->step++;
}

static void *work(void *argument) {
  Share *share = argument;
  /* A model a thread, as a worker has: the sensor flag is switched in it. */
  mjModel *own = mj_copyModel(NULL, model);
  for (share->count = 0; now() < share->until;) {
    for (int i = share->first; i < share->last; i++) control_step(own, &rows[i]);
    share->count += share->last - share->first;
  }
  mj_deleteModel(own);
  return NULL;
}

static void measure(int threads, int row_count, double seconds, long *count, double *elapsed) {
  pthread_t ids[threads];
  Share shares[threads];
  double start = now();
  for (int i = 0; i < threads; i++) {
    shares[i] = (Share){row_count * i / threads, row_count * (i + 1) / threads, start + seconds, 0};
    if (pthread_create(&ids[i], NULL, work, &shares[i]) != 0) fail("no thread could be started");
  }
  *count = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    *count += shares[i].count;
  }
  *elapsed = now() - start;
}

int main(int argc, char **argv) {
  if (argc != 5) fail("arguments: model.xml workload threads rows");
  char error[1000] = "";
  model = mj_loadXML(argv[1], NULL, error, sizeof error);
  if (model == NULL) fail(error);
  load_workload(argv[2]);
  int threads = atoi(argv[3]), row_count = atoi(argv[4]);
  rows = calloc((size_t)row_count, sizeof(Row));
  for (int i = 0; i < row_count; i++) {
    rows[i] = (Row){mj_makeData(model), i % episode_count, 0};
    start_episode(model, &rows[i]);
  }
  long count;
  double elapsed;
  measure(threads, row_count, 2.0, &count, &elapsed);
  printf("ready\n");
  fflush(stdout);
  for (char line[64]; fgets(line, sizeof line, stdin) != NULL;) {
    measure(threads, row_count, atof(line), &count, &elapsed);
    printf("{\"value\": %.3f, \"count\": %ld, \"seconds\": %.6f}\n", (double)count / elapsed, count, elapsed);
    fflush(stdout);
  }
  return 0;
}
